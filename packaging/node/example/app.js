#!/usr/bin/env node
'use strict';
// A small timetable application: timelines, their classes and events, in memory, behind a pool of connections and a cache.
//
//   PORT (3000), HOST (127.0.0.1): where it listens; port 0 takes a free one, which the first line of its output tells
//   LOGCHUTE_HOST (127.0.0.1), LOGCHUTE_PORT (5000): where its logs go

const express = require('express');
const { createLogger, requestLogger } = require('logchute-timetable/logger');
const { createMetrics } = require('logchute-timetable/prometheus-metrics');
const { Store } = require('./store');

const SLOW_MOST_MS = 10000;
const EVENT_TYPES = ['lesson', 'exam', 'meeting', 'trip'];

const metrics = createMetrics();
const logger = createLogger({ service: 'timetable' });
const store = new Store(metrics.timeQuery);
const cache = new Map(); // id -> timeline

metrics.watchPool(() => store.pool());
metrics.watchCache('timelines', () => cache.size);
metrics.addCheck('database', () => store.ping());
metrics.addCheck('cache', () => cache.size <= 1000);

class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

function refuse(field, message) {
  metrics.validationError(field);
  throw new Refused(400, `${field}: ${message}`);
}

function titleOf(body) {
  const title = body && body.title;
  return typeof title === 'string' && title !== '' ? title : refuse('title', 'has to be a text');
}

async function timelineOf(id) {
  if (cache.has(id)) {
    metrics.cacheHit('timelines');
    return cache.get(id);
  }
  metrics.cacheMiss('timelines');
  const timeline = await store.find('timelines', id);
  if (!timeline) {
    throw new Refused(404, `no timeline ${id}`);
  }
  if (cache.size >= 1000) {
    cache.clear();
  }
  cache.set(id, timeline);
  return timeline;
}

function timelines() {
  const router = express.Router();
  router.get('/', async (req, res) => res.json(await store.list('timelines')));
  router.post('/', async (req, res) => {
    const timeline = await store.insert('timelines', { title: titleOf(req.body) });
    metrics.timelineCreated();
    logger.info('timeline created', { timeline: { id: timeline.id } });
    res.status(201).json(timeline);
  });
  router.get('/:id', async (req, res) => res.json(await timelineOf(req.params.id)));
  router.put('/:id', async (req, res) => {
    const { id } = await timelineOf(req.params.id);
    cache.delete(id);
    const timeline = await store.update('timelines', id, { title: titleOf(req.body) });
    metrics.timelineUpdated();
    res.json(timeline);
  });
  router.delete('/:id', async (req, res) => {
    const { id } = await timelineOf(req.params.id);
    cache.delete(id);
    await store.remove('timelines', id);
    metrics.timelineDeleted();
    res.status(204).end();
  });
  router.use('/:id/classes', classes());
  router.use('/:id/events', events());
  return router;
}

function classes() {
  const router = express.Router({ mergeParams: true });
  const classOf = async ({ params }) => {
    await timelineOf(params.id);
    const found = await store.find('classes', params.classId);
    if (!found) {
      throw new Refused(404, `no class ${params.classId}`);
    }
    return found;
  };
  router.post('/', async (req, res) => {
    const { id } = await timelineOf(req.params.id);
    const made = await store.insert('classes', { timeline: id, title: titleOf(req.body) });
    metrics.classCreated();
    res.status(201).json(made);
  });
  router.get('/:classId', async (req, res) => res.json(await classOf(req)));
  router.put('/:classId', async (req, res) => {
    const { id } = await classOf(req);
    const made = await store.update('classes', id, { title: titleOf(req.body) });
    metrics.classUpdated();
    res.json(made);
  });
  router.delete('/:classId', async (req, res) => {
    await store.remove('classes', (await classOf(req)).id);
    metrics.classDeleted();
    res.status(204).end();
  });
  return router;
}

function events() {
  const router = express.Router({ mergeParams: true });
  router.post('/', async (req, res) => {
    const { id } = await timelineOf(req.params.id);
    const { type } = req.body || {};
    if (!EVENT_TYPES.includes(type)) {
      refuse('type', `has to be one of ${EVENT_TYPES.join(', ')}`);
    }
    const event = await store.insert('events', { timeline: id, type });
    metrics.eventScheduled(type);
    res.status(201).json(event);
  });
  return router;
}

function slow(req, res) {
  const ms = Math.min(Number(req.query.ms) || 1000, SLOW_MOST_MS);
  setTimeout(() => res.json({ ms }), ms);
}

function answerError(error, req, res, next) {
  if (res.headersSent) {
    next(error);
    return;
  }
  const status = error.status || 500;
  if (status >= 500) {
    logger.error('request failed', error);
  }
  res.status(status).json({ error: status >= 500 ? 'internal error' : error.message, request: req.id });
}

function makeApp() {
  const app = express();
  app.disable('x-powered-by');
  app.use(metrics.middleware());
  app.get('/metrics', metrics.handler());
  app.get('/health', metrics.health());
  app.use(requestLogger(logger)); // after those two, which are asked all the time
  app.use(express.json());
  app.use('/timelines', timelines());
  app.get('/slow', slow);
  app.get('/error', () => {
    throw new TypeError('the error route always fails');
  });
  app.use(metrics.errorHandler(), answerError);
  return app;
}

function main() {
  const server = makeApp().listen(Number(process.env.PORT ?? 3000), process.env.HOST || '127.0.0.1', (error) => {
    if (error) {
      throw error;
    }
    const { address, port } = server.address();
    process.stdout.write(`listening on http://${address.includes(':') ? `[${address}]` : address}:${port}\n`);
    logger.info('application started');
  });
  metrics.watchServer(server);
  for (const signal of ['SIGTERM', 'SIGINT']) {
    process.once(signal, () => {
      logger.info('application stops', { event: { action: signal } });
      server.close(() => logger.shutdown());
      server.closeIdleConnections();
    });
  }
}

main();
