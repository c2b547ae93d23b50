'use strict';
// The logger, against servers that stop, break and stall as they do in the world. test_node.py has it against logchute itself.
const assert = require('node:assert');
const { execFile } = require('node:child_process');
const { once } = require('node:events');
const net = require('node:net');
const path = require('node:path');
const test = require('node:test');
const express = require('express');
const winston = require('winston');
const { createLogger, LogchuteTransport, requestLogger } = require('../logger');

const ROOT = path.join(__dirname, '..');

async function until(isTrue, what) {
  const deadline = Date.now() + 20000;
  while (!isTrue()) {
    assert.ok(Date.now() < deadline, `not within 20 s: ${what}`);
    await new Promise((resolve) => { setTimeout(resolve, 5); });
  }
}

// A server of JSON lines on one port, that may stop and start again.
class Receiver {
  constructor() {
    this.records = [];
    this.sockets = new Set();
    this.port = 0;
  }

  async start() {
    this.server = net.createServer({ allowHalfOpen: true }, (socket) => this.take(socket));
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = this.server.address().port;
    return this;
  }

  take(socket) {
    let rest = '';
    this.sockets.add(socket);
    socket.setEncoding('utf8');
    socket.on('data', (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop();
      this.records.push(...lines.map((line) => JSON.parse(line)));
    });
    socket.on('end', () => socket.end());
    socket.on('error', () => {});
    socket.on('close', () => this.sockets.delete(socket));
  }

  // As logchute stops: it listens no more, closes its side, and reads to the end.
  async stop() {
    const closed = once(this.server, 'close');
    this.server.close();
    this.sockets.forEach((socket) => socket.end());
    await closed;
  }

  // As a machine that loses its power: what was not read is gone.
  async kill() {
    const closed = once(this.server, 'close');
    this.server.close();
    this.sockets.forEach((socket) => socket.resetAndDestroy());
    await closed;
  }

  messages() {
    return this.records.map(({ message }) => message);
  }
}

async function setUp(t, options) {
  const receiver = await new Receiver().start();
  const problems = [];
  const logger = createLogger({
    port: receiver.port, console: false, handleCrashes: false, onProblem: (error) => problems.push(error.message), ...options });
  t.after(async () => {
    logger.logchute.shipper.settings.flushSeconds = 0;
    await logger.shutdown();
    await receiver.kill().catch(() => {});
  });
  return { receiver, logger, problems };
}

// Numbers from..to as they were logged.
function numbered(logger, from, to) {
  for (let i = from; i <= to; i++) {
    logger.info(String(i));
  }
}

function range(from, to) {
  return Array.from({ length: to - from + 1 }, (_, i) => String(from + i));
}

// Runs code in a Node of its own: { code, stdout, stderr, seconds }.
function run(code, ...args) {
  const start = Date.now();
  return new Promise((resolve) => {
    const child = execFile(process.execPath, ['-e', code, ...args], { cwd: ROOT }, (error, stdout, stderr) => resolve({
      code: child.exitCode, stdout, stderr, seconds: (Date.now() - start) / 1000 }));
  });
}

test('a record has the fields that the pipeline expects', async (t) => {
  const { receiver, logger } = await setUp(t, { service: 'planner' });
  logger.warn('room is gone', { room: 'A1', event: { action: 'book' } });
  await until(() => receiver.records.length === 1, 'a record');
  const [{ '@timestamp': at, host, process: { pid }, event: { id, ...event }, ...rest }] = receiver.records;
  assert.deepStrictEqual(rest, { level: 'warn', message: 'room is gone', room: 'A1', service: { name: 'planner' } });
  assert.ok(Math.abs(new Date(at) - Date.now()) < 20000 && at.endsWith('Z'));
  assert.deepStrictEqual([pid, event, typeof host.name], [process.pid, { action: 'book' }, 'string']);
  assert.match(id, /^[0-9a-f-]{36}$/);
});

test('errors, in each of the ways in which one logs them, end in one object', async (t) => {
  const { receiver, logger } = await setUp(t);
  const cause = new RangeError('the cause');
  const error = Object.assign(new TypeError('no room', { cause }), { code: 'ENOROOM' });
  logger.error(error);
  logger.error('text', error);
  logger.error('text', { error, room: 1 });
  logger.error('text', { err: error });
  logger.log({ level: 'error', message: error });
  logger.error('text', { error: 'only a text' });
  logger.error('text', { nested: { error } });
  await until(() => receiver.records.length === 7, 'seven records');
  const whole = { type: 'TypeError', message: 'no room', code: 'ENOROOM', stack_trace: `${error.stack}\nCaused by: ${cause.stack}` };
  receiver.records.slice(0, 5).forEach((record) => {
    assert.deepStrictEqual(record.error, whole);
    assert.deepStrictEqual([record.stack, record.err, record.cause], [undefined, undefined, undefined]);
  });
  assert.deepStrictEqual(receiver.messages(), ['no room', 'text no room', 'text', 'text', 'no room', 'text', 'text']);
  assert.deepStrictEqual([receiver.records[5].error, receiver.records[6].nested.error], ['only a text', whole]);
});

test('nothing that is logged ends the application, or comes as two lines', async (t) => {
  const { receiver, logger } = await setUp(t, { maxRecordBytes: 20000 });
  const circle = { name: 'circle' };
  circle.self = circle;
  logger.info('circle', { circle });
  logger.info('big', { n: 12345678901234567890n, map: new Map([['a', 1]]), set: new Set([1]), buffer: Buffer.alloc(9) });
  logger.info('throws', { toJSON() { throw new Error('never'); } });
  logger.info('getter', { deep: { get broken() { throw new Error('never'); } } });
  logger.info('long', { text: 'x'.repeat(30000) });
  logger.info({ an: 'object' });
  logger.info(undefined);
  logger.info('two\nlines\u2028');
  await until(() => receiver.records.length === 8, 'eight records');
  const [first, big, throws, getter, long, object, none, two] = receiver.records;
  assert.strictEqual(first.circle.name, 'circle');
  assert.deepStrictEqual([big.n, big.map, big.set, big.buffer], ['12345678901234567890', { a: 1 }, [1], 'Buffer of 9 bytes']);
  assert.deepStrictEqual([throws.truncated, getter.truncated], Array(2).fill('the record cannot be written as JSON'));
  assert.ok(long.message === 'long' && /^the record has 30\d\d\d bytes$/.test(long.truncated) && long.event.id);
  assert.deepStrictEqual([object.message, none.message, two.message], ['{"an":"object"}', 'undefined', 'two\nlines\u2028']);
});

test('levels that are off are not sent, and can be switched on', async (t) => {
  const { receiver, logger } = await setUp(t, { level: 'warn' });
  logger.info('no');
  logger.warn('yes');
  logger.level = 'debug';
  logger.debug('now');
  await until(() => receiver.records.length === 2, 'two records');
  assert.deepStrictEqual(receiver.messages(), ['yes', 'now']);
});

test('a request: its id in all that is logged meanwhile, and one record at its end', async (t) => {
  const { receiver, logger } = await setUp(t);
  const app = express();
  app.use(requestLogger(logger));
  const router = express.Router();
  router.get('/:id', async (req, res) => {
    await new Promise(setImmediate);
    logger.info(`inside ${req.params.id}`, { http: { version: '1.1' } });
    res.status(Number(req.query.status)).end();
  });
  app.use('/timelines', router);
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const at = `http://127.0.0.1:${server.address().port}/timelines`;
  const ids = await Promise.all([['1', 200, 'own-id.1'], ['2', 404, 'bad id\t'], ['3', 503, undefined]].map(async ([n, status, id]) =>
    (await fetch(`${at}/${n}?status=${status}&token=hunter2`, { headers: id ? { 'x-request-id': id } : {} })).headers.get('x-request-id')));
  await until(() => receiver.records.length === 6, 'six records');
  assert.strictEqual(ids[0], 'own-id.1');
  ids.slice(1).forEach((id) => assert.match(id, /^[0-9a-f-]{36}$/));
  const ends = receiver.records.filter(({ url }) => url).sort((a, b) => a.url.path.localeCompare(b.url.path));
  assert.deepStrictEqual(ends.map(({ level, http, url }) => [level, http, url.path]), [
    ['info', 200], ['warn', 404], ['error', 503]].map(([level, status], i) => [
    level, { request: { id: ids[i], method: 'GET' }, response: { status_code: status }, route: '/timelines/:id' }, `/timelines/${i + 1}`]));
  ends.forEach(({ event }) => assert.ok(event.duration > 0 && event.id));
  ids.forEach((id, i) => assert.deepStrictEqual(
    receiver.records.find(({ message }) => message === `inside ${i + 1}`).http, { version: '1.1', request: { id } }));
  assert.ok(!JSON.stringify(receiver.records).includes('hunter2'));
});

test('a restart loses nothing and doubles nothing, in order', async (t) => {
  const { receiver, logger, problems } = await setUp(t);
  await until(() => logger.logchute.stats().isConnected, 'a connection');
  for (let round = 0; round < 4; round++) {
    const first = round * 300;
    numbered(logger, first + 1, first + 100);
    await receiver.stop(); // while some are on their way
    numbered(logger, first + 101, first + 200);
    await receiver.start();
    numbered(logger, first + 201, first + 300);
    await until(() => receiver.records.length >= first + 300, 'all records of the round');
  }
  assert.deepStrictEqual(receiver.messages(), range(1, 1200));
  assert.ok(problems.every((text) => text.includes('ECONNREFUSED')), problems.join());
  const { sent, resent, dropped, connections, waiting } = logger.logchute.stats();
  assert.deepStrictEqual([sent, resent, dropped, connections, waiting], [1200, 0, 0, 5, 0]);
});

test('after a connection that broke the last lines come again, with the same id', async (t) => {
  const { receiver, logger } = await setUp(t);
  numbered(logger, 1, 100);
  await until(() => receiver.records.length === 100, 'the first hundred');
  await receiver.kill();
  numbered(logger, 101, 200);
  await receiver.start();
  await until(() => receiver.records.length >= 300, 'all, and the first hundred again');
  assert.deepStrictEqual(receiver.messages(), [...range(1, 100), ...range(1, 200)]);
  assert.strictEqual(new Set(receiver.records.map(({ event }) => event.id)).size, 200);
  assert.deepStrictEqual([logger.logchute.stats().resent, logger.logchute.stats().sent], [100, 200]);
});

test('resendSeconds and resendBytes bound what comes again', async (t) => {
  for (const options of [{ resendSeconds: 0 }, { resendBytes: 0 }]) {
    const { receiver, logger } = await setUp(t, options);
    numbered(logger, 1, 100);
    await until(() => receiver.records.length === 100, 'the first hundred');
    await receiver.kill();
    await receiver.start();
    numbered(logger, 101, 200);
    await until(() => receiver.records.length >= 200, 'the second hundred');
    assert.deepStrictEqual(receiver.messages(), range(1, 200));
  }
});

test('while nobody is there no more than maxBufferBytes wait; the oldest go, are counted, and told of', async (t) => {
  const { receiver, logger, problems } = await setUp(t, { maxBufferBytes: 20000 });
  await until(() => logger.logchute.stats().isConnected, 'a connection');
  await receiver.kill();
  await until(() => !logger.logchute.stats().isConnected, 'the end of it');
  numbered(logger, 1, 1000);
  const { bufferedBytes, waiting, dropped } = logger.logchute.stats();
  assert.ok(bufferedBytes <= 20000 && bufferedBytes > 19000, `${bufferedBytes}`);
  assert.ok(dropped > 0 && waiting + dropped === 1000, `${waiting} + ${dropped}`);
  await receiver.start();
  await until(() => receiver.messages().includes('1000'), 'the last record');
  const [notice, ...others] = receiver.records;
  assert.deepStrictEqual([notice.level, notice.dropped], ['warn', dropped]);
  assert.deepStrictEqual(others.map(({ message }) => message), range(dropped + 1, 1000));
  assert.strictEqual(problems.filter((text) => text.includes('logs are lost')).length, 1);
  logger.info('x', { text: 'x'.repeat(30000) });
  assert.strictEqual(logger.logchute.stats().dropped, dropped + 1, 'one that is longer than all of it');
});

test('a server that takes nothing blocks nobody, and what it did not take waits within the bound', async (t) => {
  const { receiver, logger } = await setUp(t, { maxBufferBytes: 1e6, flushSeconds: 0.1 });
  await until(() => receiver.sockets.size === 1 && logger.logchute.stats().isConnected, 'a connection');
  receiver.sockets.forEach((socket) => socket.pause());
  const text = 'x'.repeat(10000);
  let logged = 0;
  for (let i = 0; i < 200; i++, await new Promise(setImmediate)) {
    for (let j = 0; j < 10; j++, logged++) {
      logger.info(String(logged), { text });
    }
  }
  const before = logger.logchute.stats();
  assert.ok(before.bufferedBytes <= 1e6 && before.dropped > 0, JSON.stringify(before));
  assert.ok(await logger.logchute.flush() > 0, 'flush() ends, and tells how many wait');
  receiver.sockets.forEach((socket) => socket.resume());
  await until(() => logger.logchute.stats().waiting === 0 && receiver.messages().includes(String(logged - 1)), 'the rest');
  const numbers = receiver.messages().filter((message) => /^\d+$/.test(message));
  assert.strictEqual(numbers.length + logger.logchute.stats().dropped, logged);
  assert.strictEqual(new Set(numbers).size, numbers.length);
});

test('shutdown sends what is left, even where it has to connect again', async (t) => {
  const { receiver, logger } = await setUp(t, { minBackoffMs: 5000 });
  await until(() => logger.logchute.stats().isConnected, 'a connection');
  await receiver.stop();
  await until(() => !logger.logchute.stats().isConnected, 'the end of it');
  numbered(logger, 1, 50);
  await receiver.start();
  const { waiting, dropped } = await logger.shutdown();
  assert.deepStrictEqual([receiver.messages(), waiting, dropped], [range(1, 50), 0, 0]);
});

test('a line after the end is told to onProblem, and ends nothing', async (t) => {
  const { logger, problems } = await setUp(t);
  await logger.shutdown();
  logger.info('too late');
  await until(() => problems.length === 1, 'a word about it');
  assert.match(problems[0], /write after end/);
});

test('a process that has nothing else to do sends all and ends', async () => {
  const receiver = await new Receiver().start();
  const code = `const logger = require('./logger').createLogger({ port: ${receiver.port}, console: false });
    for (let i = 1; i <= 500; i++) logger.info(String(i));`;
  const { code: exit, stderr } = await run(code);
  await receiver.stop();
  assert.deepStrictEqual([exit, stderr, receiver.messages()], [0, '', range(1, 500)]);
});

test('a process that cannot send ends after flushSeconds', async () => {
  const { port } = await new Receiver().start().then(async (receiver) => { await receiver.stop(); return receiver; });
  const code = `require('./logger').createLogger({ port: ${port}, console: false, flushSeconds: 0.3 }).info('x');`;
  const { code: exit, stderr, seconds } = await run(code);
  assert.strictEqual(exit, 0);
  assert.match(stderr, /^logchute at 127\.0\.0\.1:\d+: connect ECONNREFUSED .*\n$/);
  assert.ok(seconds < 10, `${seconds} s`);
});

for (const [how, code] of [['an error', 'throw new TypeError("nobody caught it")'],
  ['a rejection', 'Promise.reject(new TypeError("nobody caught it"))']]) {
  test(`${how} that nobody caught is sent before the process ends with 1`, async () => {
    const receiver = await new Receiver().start();
    const { code: exit, stderr, seconds } = await run(
      `require('./logger').createLogger({ port: ${receiver.port}, console: false });
       setTimeout(() => { ${code}; }, 10); setInterval(() => {}, 1000);`);
    await receiver.stop();
    assert.deepStrictEqual([exit, receiver.records.length], [1, 1]);
    const [{ level, message, error }] = receiver.records;
    assert.deepStrictEqual([level, message, error.type], ['error', 'uncaught: nobody caught it', 'TypeError']);
    assert.match(error.stack_trace, /TypeError: nobody caught it\n\s+at /);
    assert.match(stderr, /TypeError: nobody caught it/);
    assert.ok(seconds < 10);
  });
}

test('each of several loggers sends the crash, and after their end it is as without them', async () => {
  const receiver = await new Receiver().start();
  const { code: exit } = await run(
    `const make = (service) => require('./logger').createLogger({ service, port: ${receiver.port}, console: false });
     make('a'); make('b'); make('c').shutdown().then(() => { throw new Error('x'); });`);
  const alone = await run(
    `require('./logger').createLogger({ port: ${receiver.port}, console: false }).shutdown().then(() => { throw new Error('y'); });`);
  await receiver.stop();
  assert.deepStrictEqual([exit, receiver.records.map(({ service }) => service.name).sort()], [1, ['a', 'b']]);
  assert.deepStrictEqual([alone.code, receiver.messages()], [1, ['uncaught: x', 'uncaught: x']]);
});

test('where the application has its own handler of crashes, it goes on', async () => {
  const receiver = await new Receiver().start();
  const { code: exit } = await run(
    `process.on('uncaughtException', () => setTimeout(() => process.exit(7), 300));
     require('./logger').createLogger({ port: ${receiver.port}, console: false }); setTimeout(() => { throw new Error('x'); }, 10);`);
  await receiver.stop();
  assert.deepStrictEqual([exit, receiver.messages()], [7, ['uncaught: x']]);
});

test('the console has a line a record, and the stack of an error', async () => {
  const receiver = await new Receiver().start();
  const { stdout } = await run(`const logger = require('./logger').createLogger({ port: ${receiver.port}, console: true });
    logger.info('hello'); logger.error(new Error('no'));`);
  await receiver.stop();
  assert.match(stdout, /^\S+Z info hello\n\S+Z error no\nError: no\n\s+at /);
});

test('host, port and level come from the environment, options first', async () => {
  const receiver = await new Receiver().start();
  const { stderr } = await run(
    `Object.assign(process.env, { LOGCHUTE_HOST: '127.0.0.1', LOGCHUTE_PORT: '${receiver.port}', LOG_LEVEL: 'warn', NODE_ENV: 'production' });
     const { createLogger } = require('./logger');
     const logger = createLogger(); logger.info('no'); logger.warn('yes'); createLogger({ level: 'info' }).info('yes too');`);
  await receiver.stop();
  assert.deepStrictEqual([stderr, receiver.messages().sort()], ['', ['yes', 'yes too']]);
});

test('the transport alone, in a logger of the application', async () => {
  const receiver = await new Receiver().start();
  const logger = winston.createLogger({ format: winston.format.json(), transports: [new LogchuteTransport({ port: receiver.port })] });
  logger.info('plain', { n: 1 });
  logger.end();
  await once(logger, 'finish');
  assert.deepStrictEqual(receiver.records, [{ level: 'info', message: 'plain', n: 1 }]);
  const closed = winston.createLogger({ format: winston.format.json(), transports: [new LogchuteTransport({ port: receiver.port })] });
  closed.info('closed');
  closed.close();
  await until(() => receiver.records.length === 2, 'what was logged before close()');
  await receiver.stop();
});

test('options that are wrong are refused', () => {
  assert.throws(() => createLogger({ prot: 1 }), /no option "prot"/);
  assert.throws(() => createLogger({ level: 'loud' }), /no level "loud"/);
  assert.throws(() => new LogchuteTransport({ prot: 1 }), /no option "prot"/);
  for (const [name, value] of [['maxBufferBytes', 5], ['resendSeconds', -1], ['port', 'x'], ['minBackoffMs', 0]]) {
    assert.throws(() => createLogger({ [name]: value }), new RegExp(`${name} has to be a number`));
  }
});
