'use strict';
// Metrics of the timetable application for Prometheus. The names are those that ../prometheus's rules use.

const client = require('prom-client');
const { routeOf, UNMATCHED } = require('./lib/route');

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const OTHER = 'other'; // stands for what a label has no room for
const CLIENT_CLOSED = '499'; // nginx's: the client went away before the answer was out
const DURATION_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const SIZE_BUCKETS = [100, 1000, 10000, 100000, 1e6, 1e7];
const DEFAULTS = {
  registry: undefined,
  defaultMetrics: true,
  durationBuckets: DURATION_BUCKETS,
  queryBuckets: [0.001, ...DURATION_BUCKETS],
  maxLabelValues: 200,
};
const FORGET = Symbol('takes a request out of what is measured');

function secondsSince(start) {
  return Number(process.hrtime.bigint() - start) / 1e9;
}

function checkOptions(options) {
  for (const name of Object.keys(options)) {
    if (!(name in DEFAULTS)) {
      throw new TypeError(`createMetrics: no option "${name}"; there are ${Object.keys(DEFAULTS).join(', ')}`);
    }
  }
  const settings = { ...DEFAULTS, ...options };
  if (!Number.isInteger(settings.maxLabelValues) || settings.maxLabelValues < 1) {
    throw new TypeError('createMetrics: maxLabelValues has to be a whole number of at least 1');
  }
  return settings;
}

// Lets `most` values of a label through and names all further ones alike: whatever a caller gives, the series stay few.
function limiter(most) {
  const seen = new Set();
  return (value) => {
    const text = String(value);
    if (seen.has(text)) {
      return text;
    }
    if (seen.size >= most || text.length > 200) {
      return OTHER;
    }
    seen.add(text);
    return text;
  };
}

// ------------------------------------------------------------------ sizes

// Bytes of a request's body. A chunked one is counted as it comes, whoever reads it.
function watchRequestSize(req) {
  const declared = Number(req.headers['content-length']);
  if (Number.isSafeInteger(declared) && declared >= 0) {
    return () => declared;
  }
  let bytes = 0;
  const push = req.push;
  req.push = function countingPush(chunk, encoding) {
    bytes += chunk ? Buffer.byteLength(chunk, encoding) : 0;
    return push.call(this, chunk, encoding);
  };
  return () => bytes;
}

function sizeOf(chunk, encoding) {
  if (chunk === undefined || chunk === null || typeof chunk === 'function') {
    return 0;
  }
  return typeof chunk === 'string' ? Buffer.byteLength(chunk, typeof encoding === 'string' ? encoding : 'utf8') : chunk.byteLength || 0;
}

// Bytes of an answer's body, after compression if that is mounted further in.
function watchResponseSize(req, res) {
  let bytes = 0;
  const { write, end } = res;
  let isInEnd = false; // end() may write() the last chunk itself
  res.write = function countingWrite(chunk, ...rest) {
    bytes += isInEnd ? 0 : sizeOf(chunk, rest[0]);
    return write.call(this, chunk, ...rest);
  };
  res.end = function countingEnd(chunk, ...rest) {
    bytes += sizeOf(chunk, rest[0]);
    isInEnd = true;
    return end.call(this, chunk, ...rest);
  };
  return () => (req.method === 'HEAD' || res.statusCode === 204 || res.statusCode === 304 ? 0 : bytes);
}

// ------------------------------------------------------------------ HTTP

function httpSeries(registers, settings) {
  const labelNames = ['method', 'route'];
  return {
    requests: new client.Counter({
      name: 'http_requests_total', help: 'Requests that were answered.', labelNames: [...labelNames, 'status'], registers }),
    duration: new client.Histogram({
      name: 'http_request_duration_seconds', help: 'From a request to the end of its answer.', labelNames,
      buckets: settings.durationBuckets, registers }),
    requestSize: new client.Histogram({
      name: 'http_request_size_bytes', help: 'Bodies of requests.', labelNames, buckets: SIZE_BUCKETS, registers }),
    responseSize: new client.Histogram({
      name: 'http_response_size_bytes', help: 'Bodies of answers.', labelNames, buckets: SIZE_BUCKETS, registers }),
    active: new client.Gauge({ name: 'http_requests_active', help: 'Requests that are not answered yet.', registers }),
  };
}

function middlewareOf(series, limitRoute) {
  return function measure(req, res, next) {
    if (req[FORGET]) {
      return next(); // mounted twice
    }
    const start = process.hrtime.bigint();
    const app = req.app;
    const requestSize = watchRequestSize(req);
    const responseSize = watchResponseSize(req, res);
    let isOver = false;
    const leave = () => {
      const wasIn = !isOver;
      isOver = true;
      series.active.dec(wasIn ? 1 : 0);
      return wasIn;
    };
    const finish = () => {
      if (!leave()) {
        return;
      }
      const labels = { method: METHODS.has(req.method) ? req.method : OTHER, route: limitRoute(routeOf(req, app)) };
      series.requests.inc({ ...labels, status: res.writableFinished ? String(res.statusCode) : CLIENT_CLOSED });
      series.duration.observe(labels, secondsSince(start));
      series.requestSize.observe(labels, requestSize());
      series.responseSize.observe(labels, responseSize());
    };
    series.active.inc();
    req[FORGET] = leave;
    res.once('finish', finish);
    res.once('close', finish);
    return next();
  };
}

// The connections of the servers given to watchServer(), asked for at each scrape.
function connectionsOf(registers) {
  const servers = new Set();
  const count = (server) => new Promise((resolve) => server.getConnections((error, n) => resolve(error ? 0 : n)));
  const gauge = () => new client.Gauge({
    name: 'http_connections_active', help: 'Open connections of clients.', registers,
    async collect() {
      const counts = await Promise.all([...servers].map(count));
      this.set(counts.reduce((sum, n) => sum + n, 0));
    },
  });
  return function watchServer(server) {
    if (servers.size === 0) {
      gauge();
    }
    servers.add(server);
    return server;
  };
}

// ------------------------------------------------------------------ database and cache

function database(registers, settings, limit) {
  const duration = new client.Histogram({
    name: 'db_query_duration_seconds', help: 'Queries, those that failed included.', labelNames: ['operation'],
    buckets: settings.queryBuckets, registers });
  const errors = new client.Counter({
    name: 'db_query_errors_total', help: 'Queries that failed.', labelNames: ['operation'], registers });
  return async function timeQuery(operation, query) {
    const labels = { operation: limit(operation) };
    const start = process.hrtime.bigint();
    errors.inc(labels, 0); // it is there from the first query on, so that the first failure is an increase
    try {
      return await query();
    } catch (error) {
      errors.inc(labels);
      throw error;
    } finally {
      duration.observe(labels, secondsSince(start));
    }
  };
}

const POOL_GAUGES = {
  used: ['db_pool_connections_used', 'Connections of the pool that are in use.'],
  max: ['db_pool_connections_max', 'Connections that the pool may open.'],
  waiting: ['db_pool_waiting', 'Who waits for a connection.'],
};

// A pool that cannot be read has no value; the scrape goes on.
function readPool(read, key) {
  try {
    const value = read()[key];
    return typeof value === 'number' ? value : NaN;
  } catch {
    return NaN;
  }
}

function poolWatcher(registers) {
  let read = null;
  return function watchPool(reader) {
    const before = read;
    read = reader;
    if (before !== null) {
      return;
    }
    const hasWaiting = !Number.isNaN(readPool(reader, 'waiting'));
    for (const [key, [name, help]] of Object.entries(POOL_GAUGES)) {
      if (key !== 'waiting' || hasWaiting) {
        new client.Gauge({ name, help, registers, collect() { this.set(readPool(read, key)); } });
      }
    }
  };
}

function cacheOf(registers, limit) {
  const requests = new client.Counter({
    name: 'cache_requests_total', help: 'Look-ups in a cache.', labelNames: ['cache', 'result'], registers });
  const sizes = new Map();
  let entries = null;
  const collect = function collect() {
    sizes.forEach((read, cache) => this.set({ cache }, readPool(() => ({ size: read() }), 'size')));
  };
  return {
    cacheHit: (cache) => requests.inc({ cache: limit(cache), result: 'hit' }),
    cacheMiss: (cache) => requests.inc({ cache: limit(cache), result: 'miss' }),
    watchCache(cache, read) {
      entries = entries || new client.Gauge({
        name: 'cache_entries', help: 'Entries in a cache.', labelNames: ['cache'], registers, collect });
      sizes.set(limit(cache), read);
    },
  };
}

// ------------------------------------------------------------------ business

const ACTIONS = ['created', 'updated', 'deleted'];

function business(registers, newLimit) {
  const [limitType, limitField] = [newLimit(), newLimit()];
  const of = (name, help, labelNames) => new client.Counter({ name, help, labelNames, registers });
  const timelines = of('timetable_timelines_total', 'Changes of timelines.', ['action']);
  const classes = of('timetable_classes_total', 'Changes of classes.', ['action']);
  const events = of('timetable_events_scheduled_total', 'Events that were scheduled.', ['type']);
  const invalid = of('timetable_validation_errors_total', 'Inputs that were refused.', ['field']);
  // From 0, so that the first one is an increase.
  ACTIONS.forEach((action) => [timelines, classes].forEach((series) => series.inc({ action }, 0)));
  return {
    timelineCreated: () => timelines.inc({ action: 'created' }),
    timelineUpdated: () => timelines.inc({ action: 'updated' }),
    timelineDeleted: () => timelines.inc({ action: 'deleted' }),
    classCreated: () => classes.inc({ action: 'created' }),
    classUpdated: () => classes.inc({ action: 'updated' }),
    classDeleted: () => classes.inc({ action: 'deleted' }),
    eventScheduled: (type) => events.inc({ type: limitType(type) }),
    validationError: (field) => invalid.inc({ field: limitField(field) }),
  };
}

// ------------------------------------------------------------------ errors

function typeOf(error) {
  return (error && (error.code || error.name)) || typeof error;
}

function errorsOf(registers, limit) {
  const errors = new client.Counter({
    name: 'app_errors_total', help: 'Errors, by code or name.', labelNames: ['type'], registers });
  const recordError = (error, type = typeOf(error)) => errors.inc({ type: limit(type) });
  return {
    recordError,
    // Express knows an error handler by its four arguments.
    errorHandler: () => function countError(error, req, res, next) {
      const status = error && (error.status || error.statusCode);
      if (!(status >= 400 && status < 500)) {
        recordError(error); // the others are the client's
      }
      next(error);
    },
  };
}

// ------------------------------------------------------------------ health checks

function within(seconds, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(Object.assign(new Error(`no answer in ${seconds} s`), { code: 'TIMEOUT' })), seconds * 1000);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

async function runCheck({ check, timeoutSeconds }) {
  const start = process.hrtime.bigint();
  let error = null;
  try {
    const result = await within(timeoutSeconds, Promise.resolve().then(check));
    error = result === false ? 'FALSE' : null;
  } catch (thrown) {
    error = String(typeOf(thrown)); // its message may hold an address or a password
  }
  return { up: error === null, seconds: secondsSince(start), ...(error === null ? {} : { error }) };
}

function healthOf(registers, most) {
  const checks = new Map();
  let gauge = null;
  let running = null; // a scrape and a health check at the same time ask once

  async function runAll() {
    const names = [...checks.keys()];
    const results = await Promise.all(names.map((name) => runCheck(checks.get(name))));
    names.forEach((check, i) => gauge.set({ check }, results[i].up ? 1 : 0));
    return Object.fromEntries(names.map((name, i) => [name, results[i]]));
  }

  function checkHealth() {
    running = running || runAll().finally(() => { running = null; });
    return running;
  }

  function addCheck(name, check, { timeoutSeconds = 5 } = {}) {
    if (checks.size >= most) {
      throw new RangeError(`addCheck: more than ${most} checks`);
    }
    gauge = gauge || new client.Gauge({
      name: 'health_check_up', help: '1 if the check passes, otherwise 0.', labelNames: ['check'], registers,
      collect: async () => { await checkHealth(); } });
    checks.set(String(name), { check, timeoutSeconds });
  }

  async function answer(req, res) {
    forget(req);
    const results = await checkHealth();
    const isUp = Object.values(results).every((result) => result.up);
    res.statusCode = isUp ? 200 : 503;
    res.setHeader('content-type', 'application/json');
    res.setHeader('cache-control', 'no-store');
    res.end(JSON.stringify({ status: isUp ? 'up' : 'down', checks: results }));
  }
  return { addCheck, checkHealth, health: () => answer };
}

// ------------------------------------------------------------------ all of it

// Scrapes and health checks are no requests of users: many that pass would hide the few that fail.
function forget(req) {
  if (req[FORGET]) {
    req[FORGET]();
  }
}

function metricsHandler(registry) {
  return async function metrics(req, res) {
    forget(req);
    try {
      const text = await registry.metrics();
      res.setHeader('content-type', registry.contentType);
      res.end(text);
    } catch (error) {
      res.statusCode = 500;
      res.end(`the metrics cannot be collected: ${error.message}\n`);
    }
  };
}

/** Makes the series in a registry of their own, or in `registry`, and what fills them. */
function createMetrics(options = {}) {
  const settings = checkOptions(options);
  const registry = settings.registry || new client.Registry();
  const registers = [registry];
  const newLimit = () => limiter(settings.maxLabelValues);
  if (settings.defaultMetrics) {
    client.collectDefaultMetrics({ register: registry });
  }
  const series = httpSeries(registers, settings);
  const limitRoute = newLimit();
  return {
    registry,
    middleware: () => middlewareOf(series, limitRoute),
    watchServer: connectionsOf(registers),
    timeQuery: database(registers, settings, newLimit()),
    watchPool: poolWatcher(registers),
    ...cacheOf(registers, newLimit()),
    ...business(registers, newLimit),
    ...errorsOf(registers, newLimit()),
    ...healthOf(registers, settings.maxLabelValues),
    handler: () => metricsHandler(registry),
  };
}

module.exports = { createMetrics, UNMATCHED, OTHER };
