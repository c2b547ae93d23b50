'use strict';
// From what winston was given to the record that is sent, and to its line.

const { randomUUID } = require('node:crypto');
const { format } = require('winston');

const MESSAGE = Symbol.for('message');
const SPLAT = Symbol.for('splat');
const CAUSES = 5;
const MESSAGE_KEPT = 8192; // characters, of a record that is too long
const BOUNDED = { maximumDepth: 10, maximumBreadth: 200 };

function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function stackOf(error) {
  const stacks = [];
  for (let one = error; one instanceof Error && stacks.length < CAUSES; one = one.cause) {
    stacks.push(String(one.stack));
  }
  return stacks.join('\nCaused by: ');
}

function describeError(error) {
  const { code } = error;
  return {
    type: String(error.name),
    message: String(error.message),
    ...(typeof code === 'string' || typeof code === 'number' ? { code: String(code) } : {}),
    stack_trace: stackOf(error),
  };
}

// The error of a record: logger.error(error), logger.error('text', error), { error }, { err }.
function takeError(info, fields) {
  const [meta] = info[SPLAT] || [];
  const found = [info, info.message, meta, fields.error, fields.err].find((value) => value instanceof Error);
  if (found === undefined) {
    return;
  }
  for (const name of ['error', 'err']) {
    if (fields[name] instanceof Error) {
      delete fields[name];
    }
  }
  delete fields.stack;
  delete fields.cause;
  fields.error = describeError(found);
}

function messageOf(info) {
  const { message } = info;
  if (message instanceof Error) {
    return message.message;
  }
  return typeof message === 'string' ? message : lineOf(message) || String(message);
}

function withId(event) {
  if (isObject(event)) {
    return { id: randomUUID(), ...event };
  }
  return { id: randomUUID(), ...(event === undefined ? {} : { action: String(event) }) };
}

/** The record of `info`. `request`: { id } of the request that is being handled, or undefined. */
function toRecord(info, base, request) {
  const fields = { ...info };
  takeError(info, fields);
  const record = {
    '@timestamp': new Date().toISOString(),
    ...base,
    ...fields,
    message: messageOf(info),
    event: withId(fields.event),
  };
  if (request !== undefined && (fields.http === undefined || isObject(fields.http))) {
    const { http = {} } = fields;
    record.http = { ...http, request: { id: request.id, ...(isObject(http.request) ? http.request : {}) } };
  }
  return record;
}

function replacer(key, value) {
  const given = this[key];
  if (Buffer.isBuffer(given)) {
    return `Buffer of ${given.length} bytes`;
  }
  if (typeof value === 'bigint') {
    return value.toString();
  }
  if (value instanceof Error) {
    return describeError(value);
  }
  if (value instanceof Map) {
    return Object.fromEntries(value);
  }
  return value instanceof Set ? [...value] : value;
}

const bounded = format.json({ ...BOUNDED, replacer });

// JSON of anything; what refers to itself (a request, a socket) is cut at a depth. Undefined if even that fails.
function lineOf(value) {
  try {
    return JSON.stringify(value, replacer);
  } catch {
    try {
      return bounded.transform({ ...value }, bounded.options)[MESSAGE];
    } catch {
      return undefined;
    }
  }
}

/** One line of JSON of at most `most` bytes. */
function toLine(record, most) {
  const line = lineOf(record);
  if (line !== undefined && Buffer.byteLength(line) <= most) {
    return line;
  }
  const { '@timestamp': at, level, message, event, service } = record;
  const why = line === undefined ? 'the record cannot be written as JSON' : `the record has ${Buffer.byteLength(line)} bytes`;
  return JSON.stringify({
    '@timestamp': at, level, message: message.slice(0, MESSAGE_KEPT), event: { id: event.id }, service, truncated: why });
}

module.exports = { toRecord, toLine };
