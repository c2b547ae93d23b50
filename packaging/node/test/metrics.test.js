'use strict';
// What createMetrics() counts, in a real Express application with real requests.
const assert = require('node:assert');
const { once } = require('node:events');
const http = require('node:http');
const net = require('node:net');
const test = require('node:test');
const client = require('prom-client');
const express = require('express');
const { createMetrics } = require('../prometheus-metrics');

// A server of `app`, closed at the end of the test; its address.
async function serve(t, app, metrics) {
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  if (metrics) {
    metrics.watchServer(server);
  }
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${server.address().port}`;
}

// The samples of a scrape: 'name{a="b"}' -> number, by name and sorted labels.
async function scrape(metrics) {
  const text = await metrics.registry.metrics();
  const samples = text.split('\n').filter((line) => line && !line.startsWith('#'));
  return Object.fromEntries(samples.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]));
}

function bare(options) {
  return createMetrics({ defaultMetrics: false, ...options });
}

test('rate, errors, latency and sizes of requests', async (t) => {
  const metrics = bare({ durationBuckets: [0.05, 10] });
  const app = express();
  app.use(metrics.middleware());
  app.post('/echo/:id', express.text({ type: '*/*' }), (req, res) => res.type('text').send(`${req.body}${req.body}`));
  app.get('/slow', (req, res) => setTimeout(() => res.end(), 100));
  app.get('/chunks', (req, res) => { res.write('äö'); res.write(Buffer.from('abc')); res.end('ff', 'hex'); });
  app.get('/fail', () => { throw new Error('no'); });
  app.use((error, req, res, next) => (next.length, res.status(500).send('failed')));
  const at = await serve(t, app);
  await fetch(`${at}/echo/1`, { method: 'POST', body: 'hello' });
  await fetch(`${at}/echo/2`, {
    method: 'POST', duplex: 'half', headers: { 'content-type': 'text/plain' }, body: new Blob(['to', 'get', 'her']).stream() }); // chunked
  await fetch(`${at}/slow`);
  await fetch(`${at}/chunks`);
  await fetch(`${at}/chunks`, { method: 'HEAD' });
  await fetch(`${at}/fail`);
  const samples = await scrape(metrics);
  const labels = '{method="POST",route="/echo/:id"}';
  assert.strictEqual(samples['http_requests_total{method="POST",route="/echo/:id",status="200"}'], 2);
  assert.strictEqual(samples['http_requests_total{method="GET",route="/fail",status="500"}'], 1);
  assert.strictEqual(samples[`http_request_size_bytes_sum${labels}`], 5 + 8);
  assert.strictEqual(samples[`http_response_size_bytes_sum${labels}`], 10 + 16);
  assert.strictEqual(samples['http_response_size_bytes_sum{method="GET",route="/chunks"}'], 4 + 3 + 1);
  assert.strictEqual(samples['http_response_size_bytes_sum{method="HEAD",route="/chunks"}'], 0);
  assert.strictEqual(samples['http_request_duration_seconds_bucket{le="0.05",method="GET",route="/slow"}'], 0);
  assert.strictEqual(samples['http_request_duration_seconds_bucket{le="10",method="GET",route="/slow"}'], 1);
  assert.ok(samples['http_request_duration_seconds_sum{method="GET",route="/slow"}'] >= 0.099);
});

test('a request that its client gives up is counted as 499, and active ones are counted while they are', async (t) => {
  const metrics = bare();
  const app = express();
  let arrived;
  const isThere = new Promise((resolve) => { arrived = resolve; });
  let gone;
  const isGone = new Promise((resolve) => { gone = resolve; });
  app.use(metrics.middleware());
  app.use(metrics.middleware()); // twice is as good as once
  app.get('/hangs', (req, res) => { res.on('close', gone); arrived(); });
  const at = await serve(t, app, metrics);
  const request = http.get(`${at}/hangs`);
  request.on('error', () => {});
  await isThere;
  const during = await scrape(metrics);
  assert.deepStrictEqual([during.http_requests_active, during.http_connections_active], [1, 1]);
  request.destroy();
  await isGone;
  const after = await scrape(metrics);
  assert.strictEqual(after.http_requests_active, 0);
  assert.strictEqual(after['http_requests_total{method="GET",route="/hangs",status="499"}'], 1);
});

test('a request that Node cannot parse leaves nothing active', async (t) => {
  const metrics = bare();
  const app = express();
  app.use(metrics.middleware());
  const at = await serve(t, app, metrics);
  const socket = net.connect(new URL(at).port, '127.0.0.1');
  socket.end('nonsense\r\n\r\n');
  socket.resume();
  await once(socket, 'close');
  assert.strictEqual((await scrape(metrics)).http_requests_active, 0);
});

test('scrapes and health checks are not counted', async (t) => {
  const metrics = bare();
  const app = express();
  app.use(metrics.middleware());
  app.get('/metrics', metrics.handler());
  app.get('/health', metrics.health());
  const at = await serve(t, app);
  const answer = await fetch(`${at}/metrics`);
  await fetch(`${at}/health`);
  assert.match(answer.headers.get('content-type'), /^text\/plain; version=0\.0\.4/);
  assert.match(await answer.text(), /^http_requests_active 0$/m);
  assert.deepStrictEqual(Object.keys(await scrape(metrics)).filter((name) => name.startsWith('http_requests_total')), []);
});

test('a scrape that cannot be collected says so', async (t) => {
  const registry = new client.Registry();
  const metrics = bare({ registry });
  new client.Gauge({ name: 'broken', help: 'x', registers: [registry], collect() { throw new Error('no value'); } });
  const app = express();
  app.get('/metrics', metrics.handler());
  const answer = await fetch(`${await serve(t, app)}/metrics`);
  assert.deepStrictEqual([answer.status, await answer.text()], [500, 'the metrics cannot be collected: no value\n']);
});

test('queries: their time, what they return, and those that fail', async () => {
  const metrics = bare({ queryBuckets: [1] });
  assert.deepStrictEqual(await metrics.timeQuery('select', async () => [1]), [1]);
  assert.strictEqual(await metrics.timeQuery('select', () => 2), 2);
  await assert.rejects(metrics.timeQuery('insert', async () => { throw new Error('duplicate'); }), /duplicate/);
  await assert.rejects(metrics.timeQuery('insert', () => { throw new Error('at once'); }), /at once/);
  const samples = await scrape(metrics);
  assert.strictEqual(samples['db_query_duration_seconds_count{operation="select"}'], 2);
  assert.strictEqual(samples['db_query_duration_seconds_bucket{le="1",operation="insert"}'], 2);
  assert.strictEqual(samples['db_query_errors_total{operation="insert"}'], 2);
});

test('the pool is read at each scrape, and one that cannot be read has no value', async () => {
  const metrics = bare();
  const hasPool = async () => Object.keys(await scrape(metrics)).filter((name) => name.startsWith('db_pool'));
  assert.deepStrictEqual(await hasPool(), []);
  let used = 3;
  metrics.watchPool(() => ({ used, max: 10 }));
  assert.deepStrictEqual(await hasPool(), ['db_pool_connections_used', 'db_pool_connections_max']);
  used = 4;
  assert.strictEqual((await scrape(metrics)).db_pool_connections_used, 4);
  metrics.watchPool(() => { throw new Error('closed'); });
  assert.ok(Number.isNaN((await scrape(metrics)).db_pool_connections_used));
});

test('cache, business and errors', async () => {
  const metrics = bare();
  metrics.watchCache('rooms', () => 7);
  metrics.watchCache('people', () => 8);
  ['cacheHit', 'cacheHit', 'cacheMiss'].forEach((name) => metrics[name]('rooms'));
  for (const what of ['timeline', 'class']) {
    ['Created', 'Created', 'Created', 'Updated', 'Updated', 'Deleted'].forEach((action) => metrics[what + action]());
  }
  metrics.eventScheduled('exam');
  metrics.validationError('title');
  metrics.recordError(Object.assign(new Error('x'), { code: 'ECONNREFUSED' }));
  metrics.recordError(new RangeError('x'));
  metrics.recordError('a text');
  metrics.recordError(new Error('x'), 'own');
  const samples = await scrape(metrics);
  const expected = {
    'cache_requests_total{cache="rooms",result="hit"}': 2, 'cache_requests_total{cache="rooms",result="miss"}': 1,
    'cache_entries{cache="rooms"}': 7, 'cache_entries{cache="people"}': 8,
    'timetable_timelines_total{action="created"}': 3, 'timetable_timelines_total{action="updated"}': 2,
    'timetable_timelines_total{action="deleted"}': 1, 'timetable_classes_total{action="created"}': 3,
    'timetable_classes_total{action="updated"}': 2, 'timetable_classes_total{action="deleted"}': 1,
    'timetable_events_scheduled_total{type="exam"}': 1, 'timetable_validation_errors_total{field="title"}': 1,
    'app_errors_total{type="ECONNREFUSED"}': 1, 'app_errors_total{type="RangeError"}': 1,
    'app_errors_total{type="string"}': 1, 'app_errors_total{type="own"}': 1,
  };
  assert.deepStrictEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, samples[name]])), expected);
});

test('the error handler counts what is not the fault of the client, and hands it on', async (t) => {
  const metrics = bare();
  const app = express();
  app.get('/:status', (req) => { throw Object.assign(new TypeError('x'), { status: Number(req.params.status) }); });
  app.use(metrics.errorHandler());
  app.use((error, req, res, next) => (next.length, res.status(error.status).end()));
  const at = await serve(t, app);
  const statuses = await Promise.all(['404', '500', '503'].map(async (status) => (await fetch(`${at}/${status}`)).status));
  assert.deepStrictEqual(statuses, [404, 500, 503]);
  assert.strictEqual((await scrape(metrics))['app_errors_total{type="TypeError"}'], 2);
});

test('health: each check by name, in the answer and as a series', async (t) => {
  const metrics = bare();
  const app = express();
  app.get('/health', metrics.health());
  const at = await serve(t, app);
  const ask = async () => {
    const answer = await fetch(`${at}/health`);
    const { status, checks } = await answer.json();
    return [answer.status, status, Object.fromEntries(Object.entries(checks).map(([name, { up, error }]) => [name, error ?? up]))];
  };
  assert.deepStrictEqual(await ask(), [200, 'up', {}]);
  metrics.addCheck('database', async () => {});
  assert.deepStrictEqual(await ask(), [200, 'up', { database: true }]);
  metrics.addCheck('cache', () => false);
  metrics.addCheck('mail', () => { throw Object.assign(new Error('password=hunter2'), { code: 'EAUTH' }); });
  metrics.addCheck('never', () => new Promise(() => {}), { timeoutSeconds: 0.05 });
  assert.deepStrictEqual(await ask(), [503, 'down', { database: true, cache: 'FALSE', mail: 'EAUTH', never: 'TIMEOUT' }]);
  const samples = await scrape(metrics);
  assert.deepStrictEqual(['database', 'cache', 'mail', 'never'].map((check) => samples[`health_check_up{check="${check}"}`]), [1, 0, 0, 0]);
});

test('a scrape asks the checks, and those at the same time ask once', async () => {
  const metrics = bare();
  let isUp = true;
  let asked = 0;
  metrics.addCheck('database', async () => { asked++; return isUp; });
  await Promise.all([scrape(metrics), scrape(metrics), metrics.checkHealth()]);
  assert.strictEqual(asked, 1);
  isUp = false;
  assert.strictEqual((await scrape(metrics))['health_check_up{check="database"}'], 0);
});

test('labels have no more values than maxLabelValues, whatever is given', async () => {
  const metrics = bare({ maxLabelValues: 3 });
  for (let i = 0; i < 100; i++) {
    await metrics.timeQuery(`select ${i}`, () => 1);
    metrics.cacheHit(`cache ${i}`);
    metrics.eventScheduled(`type ${i}`);
    metrics.validationError(`field ${i}`);
    metrics.recordError(new Error('x'), `type ${i}`);
  }
  metrics.validationError('f'.repeat(1000));
  const { registry } = metrics;
  const expected = [['db_query_duration_seconds', 'operation'], ['cache_requests_total', 'cache'],
    ['timetable_events_scheduled_total', 'type'], ['timetable_validation_errors_total', 'field'], ['app_errors_total', 'type']];
  for (const [name, label] of expected) {
    const { values } = await registry.getSingleMetric(name).get();
    const seen = new Set(values.map(({ labels }) => labels[label]));
    assert.deepStrictEqual([name, seen.size, seen.has('other')], [name, 4, true]);
  }
  ['a', 'b', 'c'].forEach((name) => metrics.addCheck(name, () => true));
  assert.throws(() => metrics.addCheck('d', () => true), /more than 3 checks/);
});

test('options: series of the process, a registry of the application, and none that is not there', async () => {
  const registry = new client.Registry();
  assert.strictEqual(createMetrics({ registry }).registry, registry);
  const names = Object.keys(await scrape({ registry }));
  assert.ok(names.includes('process_cpu_seconds_total') && names.includes('http_requests_active'));
  assert.ok(!Object.keys(await scrape(bare())).includes('process_cpu_seconds_total'));
  assert.throws(() => createMetrics({ bukkets: [] }), /no option "bukkets"/);
  assert.throws(() => createMetrics({ maxLabelValues: 0 }), /maxLabelValues/);
});
