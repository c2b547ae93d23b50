'use strict';
// The route of a request, with each Express that keeps patterns in its own way.
const assert = require('node:assert');
const http = require('node:http');
const test = require('node:test');
const { createMetrics } = require('../prometheus-metrics');

const EXPRESSES = ['express', 'express51', 'express4'];

// [METHOD URL, the route's pattern]
const REQUESTS = [
  ['GET /', '/'],
  ['GET /plain?q=1', '/plain'],
  ['GET /timelines', '/timelines'],
  ['GET /timelines/', '/timelines'],
  ['GET /timelines/5', '/timelines/:id'],
  ['GET /timelines/a%20b', '/timelines/:id'],
  ['PUT /timelines/5/classes/7', '/timelines/:id/classes/:classId'],
  ['PUT /timelines/timelines/classes/classes', '/timelines/:id/classes/:classId'],
  ['GET /archive/5', '/archive/:id'],
  ['GET /sub/9/in/x', '/sub/:tenant/in/:name'],
  ['GET /list/a', '/list/a|/list/b'],
  ['GET /old/7/x', '/(^\\/old\\/(\\d+))'],
  ['GET /boom/3', '/boom/:id'],
  ['GET /sub/9/nothing', '(unmatched)'],
  ['GET /timelines/5/nothing', '(unmatched)'],
  ['GET /%ff', '(unmatched)'],
  ['DELETE /timelines/5', '(unmatched)'],
  ['GET /static/1', '(unmatched)'],
];

function makeApp(express, metrics) {
  const answer = (req, res) => res.send('ok');
  const app = express();
  app.use(metrics.middleware());
  app.get('/', answer);
  app.get('/plain', answer);
  const classes = express.Router({ mergeParams: true });
  classes.put('/:classId', answer);
  const timelines = express.Router();
  timelines.get('/', answer);
  timelines.get('/:id', answer);
  timelines.use('/:id/classes', classes);
  app.use('/timelines', timelines);
  app.use('/archive', timelines); // the same router at a second place
  const sub = express();
  sub.get('/in/:name', answer);
  app.use('/sub/:tenant', sub);
  app.get(['/list/a', '/list/b'], answer);
  app.get(/^\/old\/(\d+)/, answer);
  app.get('/boom/:id', () => { throw new Error('boom'); });
  app.use('/static', answer);
  app.use((error, req, res, next) => (res.headersSent ? next(error) : res.status(500).send('failed')));
  return app;
}

function ask(port, method, path) {
  return new Promise((resolve, reject) => {
    http.request({ port, host: '127.0.0.1', method, path, agent: false }, (res) => res.resume().on('end', () => resolve(res.statusCode)))
      .on('error', reject).end();
  });
}

async function routesOf(metrics) {
  const { values } = await metrics.registry.getSingleMetric('http_requests_total').get();
  return values.map(({ labels }) => labels.route);
}

for (const name of EXPRESSES) {
  test(`the route is the pattern, with ${name}`, async (t) => {
    const express = require(name);
    for (const [request, route] of REQUESTS) {
      const metrics = createMetrics({ defaultMetrics: false });
      const server = makeApp(express, metrics).listen(0, '127.0.0.1');
      await new Promise((resolve) => { server.once('listening', resolve); });
      await ask(server.address().port, ...request.split(' '));
      await t.test(`${request}: ${route}`, async () => assert.deepStrictEqual(await routesOf(metrics), [route]));
      server.close();
    }
  });

  test(`each request of many to one application has its route, with ${name}`, async () => {
    const metrics = createMetrics({ defaultMetrics: false });
    const server = makeApp(require(name), metrics).listen(0, '127.0.0.1');
    await new Promise((resolve) => { server.once('listening', resolve); });
    for (let i = 0; i < 3; i++) {
      for (const [request] of REQUESTS) {
        await ask(server.address().port, ...request.split(' '));
      }
    }
    server.close();
    assert.deepStrictEqual(new Set(await routesOf(metrics)), new Set(REQUESTS.map(([, route]) => route)));
  });

  test(`as many paths as a client likes make no more series, with ${name}`, async () => {
    const metrics = createMetrics({ defaultMetrics: false });
    const server = makeApp(require(name), metrics).listen(0, '127.0.0.1');
    await new Promise((resolve) => { server.once('listening', resolve); });
    const paths = (i) => [`/timelines/${i}`, `/none/${i}`, `/TIMELINES/${i}`, `/sub/${i}/in/${i}`];
    for (let i = 0; i < 20; i++) {
      await Promise.all(paths(i).map((path) => ask(server.address().port, 'GET', path)));
      await ask(server.address().port, ['PURGE', 'LOCK', 'MOVE', 'REPORT'][i % 4], '/plain');
    }
    server.close();
    const { values } = await metrics.registry.getSingleMetric('http_requests_total').get();
    assert.deepStrictEqual(new Set(values.map(({ labels }) => `${labels.method} ${labels.route}`)), new Set([
      'GET /timelines/:id', 'GET (unmatched)', 'GET /sub/:tenant/in/:name', 'other (unmatched)']));
  });
}
