'use strict';
// A winston logger that sends JSON lines to logchute, in the fields that conf/pipelines/timetable.conf expects.

const { AsyncLocalStorage } = require('node:async_hooks');
const { randomUUID } = require('node:crypto');
const os = require('node:os');
const winston = require('winston');
const { routeOf } = require('./lib/route');
const { toLine, toRecord } = require('./lib/record');
const { OPTIONS } = require('./lib/shipper');
const { LogchuteTransport } = require('./lib/tcp-transport');

const LEVEL = Symbol.for('level');
const MESSAGE = Symbol.for('message');
const RECORD = Symbol('record');
const CRASH_SECONDS = 3;
const REQUEST_ID = /^[\w.:+/=-]{1,128}$/; // of a client's header: what is safe in a log and in a header
const requests = new AsyncLocalStorage();

function settingsOf(options) {
  const defaults = {
    service: 'timetable',
    level: process.env.LOG_LEVEL || 'info',
    console: process.env.NODE_ENV !== 'production',
    handleCrashes: true,
    maxRecordBytes: 1024 * 1024,
  };
  const names = [...Object.keys(defaults), ...OPTIONS];
  for (const name of Object.keys(options)) {
    if (!names.includes(name)) {
      throw new TypeError(`createLogger: no option "${name}"; there are ${names.join(', ')}`);
    }
  }
  return { ...defaults, ...options };
}

function transportOf(options) {
  const { LOGCHUTE_HOST: host, LOGCHUTE_PORT: port } = process.env;
  const given = Object.fromEntries(OPTIONS.filter((name) => name in options).map((name) => [name, options[name]]));
  return new LogchuteTransport({ ...(host ? { host } : {}), ...(port ? { port: Number(port) } : {}), ...given });
}

// Where a record is made: while the one who logs still is on the stack, and its request is known.
function recordFormat(settings, isEnabled) {
  const base = { service: { name: settings.service }, host: { name: os.hostname() }, process: { pid: process.pid } };
  return winston.format((info) => {
    if (!isEnabled(info[LEVEL])) {
      return false;
    }
    const record = toRecord(info, base, requests.getStore());
    info[RECORD] = record;
    info[MESSAGE] = toLine(record, settings.maxRecordBytes);
    return info;
  })();
}

function consoleOf() {
  return new winston.transports.Console({
    format: winston.format.printf((info) => {
      const { '@timestamp': at, level, message, error } = info[RECORD];
      return `${at} ${level} ${message}${error && error.stack_trace ? `\n${error.stack_trace}` : ''}`;
    }),
  });
}

const loggers = new Map(); // those that are told of a crash, and their transports

// What nobody caught is logged, sent, and ends the process as it would have without us. Where the application has a handler of
// its own, it decides about the end.
function onCrash(error, origin) {
  const message = `uncaught: ${error && error.message ? error.message : error}`;
  loggers.forEach((_, logger) => logger.error(message, { error, event: { action: origin } }));
  if (process.listenerCount('uncaughtException') > 1) {
    return;
  }
  console.error(error);
  const flushAll = () => Promise.all([...loggers.values()].map((transport) => transport.flush(CRASH_SECONDS)));
  setImmediate(() => flushAll().then(() => process.exit(1)));
}

function handleCrashes(logger, transport) {
  if (loggers.size === 0) {
    process.on('uncaughtException', onCrash);
  }
  loggers.set(logger, transport);
  logger.once('finish', () => {
    loggers.delete(logger);
    if (loggers.size === 0) {
      process.removeListener('uncaughtException', onCrash);
    }
  });
}

/** A winston logger; `logger.logchute` is its transport, `logger.shutdown()` sends what is left and ends it. */
function createLogger(options = {}) {
  const settings = settingsOf(options);
  const { levels } = winston.config.npm;
  if (!(settings.level in levels)) {
    throw new TypeError(`createLogger: no level "${settings.level}"; there are ${Object.keys(levels).join(', ')}`);
  }
  const transport = transportOf(options);
  const logger = winston.createLogger({
    levels,
    level: settings.level,
    format: recordFormat(settings, (level) => levels[level] <= levels[logger.level]),
    transports: settings.console ? [transport, consoleOf()] : [transport],
    exitOnError: false,
  });
  logger.on('error', transport.shipper.settings.onProblem); // such as a line after the end: no reason to end the application
  logger.logchute = transport;
  const finished = new Promise((resolve) => { logger.once('finish', () => resolve(transport.stats())); });
  logger.shutdown = () => {
    logger.end();
    return finished;
  };
  if (settings.handleCrashes) {
    handleCrashes(logger, transport);
  }
  return logger;
}

function levelOf(status) {
  if (status >= 500) {
    return 'error';
  }
  return status >= 400 ? 'warn' : 'info';
}

function accessRecord(req, res, app, start) {
  const ns = Number(process.hrtime.bigint() - start);
  const path = (req.originalUrl || req.url).split('?')[0]; // a query may hold a secret
  const status = res.writableFinished ? res.statusCode : 499;
  return {
    level: levelOf(status),
    message: `${req.method} ${path} ${status} ${(ns / 1e6).toFixed(1)} ms`,
    http: { request: { method: req.method }, response: { status_code: status }, route: routeOf(req, app) },
    url: { path },
    event: { duration: ns },
  };
}

/**
 * Express middleware: an id for each request (X-Request-Id, the client's if it is a sane one) in every record that is logged
 * while the request is handled, and one record at its end.
 */
function requestLogger(logger) {
  return function logRequest(req, res, next) {
    const given = req.headers['x-request-id'];
    const id = typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
    const { app } = req;
    const start = process.hrtime.bigint();
    req.id = id;
    res.setHeader('x-request-id', id);
    let isOver = false;
    const finish = () => {
      if (!isOver) {
        isOver = true;
        requests.run({ id }, () => logger.log(accessRecord(req, res, app, start)));
      }
    };
    res.once('finish', finish);
    res.once('close', finish);
    requests.run({ id }, next);
  };
}

module.exports = { createLogger, requestLogger, LogchuteTransport };
