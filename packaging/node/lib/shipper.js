'use strict';
// Sends lines to logchute over TCP. While logchute is away lines wait, within a number of bytes.
//
// When logchute stops it closes its side, reads what is still coming, and closes: all that was written has come then. A connection
// that breaks in another way (a reset, a kill) says nothing of the last lines: those of the last seconds are sent again,
// each with the same event.id.

const net = require('node:net');
const { Queue } = require('./queue');

const BATCH_BYTES = 64 * 1024;
// After logchute has closed its side it reads on for 50 ms at least. So nothing is written unless the loop has looked at the
// socket less than this ago: an end that came before that would have been seen.
const FRESH_MS = 20;
const STALE_MS = 2000; // a loop that is always late is not waited for longer than this
const CLOSE_MS = 5000; // then a peer that has closed its side and takes no more is given up
const STABLE_MS = 5000; // a connection that ends sooner does not shorten the pauses
const KEEP_ALIVE_MS = 30000;
const CONNECT_MS = 10000;
const AWAITED_MS = 250; // between two tries while somebody waits for a flush

const DEFAULTS = {
  host: '127.0.0.1',
  port: 5000,
  maxBufferBytes: 16 * 1024 * 1024,
  resendBytes: 1024 * 1024,
  resendSeconds: 10,
  minBackoffMs: 100,
  maxBackoffMs: 5000,
  flushSeconds: 5,
  onProblem: (error) => process.stderr.write(`${error.message}\n`),
};

function check(settings) {
  const isCount = (name, least) => {
    if (!Number.isFinite(settings[name]) || settings[name] < least) {
      throw new TypeError(`logchute: ${name} has to be a number of at least ${least}, and is ${settings[name]}`);
    }
  };
  isCount('maxBufferBytes', 1024);
  ['resendBytes', 'resendSeconds', 'flushSeconds'].forEach((name) => isCount(name, 0));
  ['minBackoffMs', 'maxBackoffMs', 'port'].forEach((name) => isCount(name, 1));
}

class Shipper {
  constructor(options) {
    this.settings = { ...DEFAULTS, ...options };
    check(this.settings);
    this.waiting = new Queue(); // batches that were not written yet
    this.sent = new Queue(); // batches that were, and may not have come
    this.counts = { sent: 0, resent: 0, dropped: 0, connections: 0 };
    this.untold = 0; // dropped lines that no record has told of yet
    this.isTold = false; // the outage was told to onProblem
    this.state = 'idle'; // connecting, open, closing, backoff, over
    this.attempts = 0; // to connect, since a connection that lasted
    this.openedAt = null;
    this.whenEmpty = [];
    this.isGivenUp = false;
    // Emitted again after each wait: one that was in vain is the last.
    this.beforeExit = () => !this.isGivenUp && this.flush().then((left) => { this.isGivenUp = left > 0; });
    process.on('beforeExit', this.beforeExit);
    this.connect();
  }

  /** Where it stands: lines that wait, their bytes, and the counts since the start. */
  stats() {
    const { waiting, sent, counts } = this;
    return { ...counts, isConnected: this.state === 'open', waiting: waiting.lines, bufferedBytes: waiting.bytes + sent.bytes };
  }

  // ---------------------------------------------------------------- what comes in

  /** Takes a line, at once: who logs never waits for us. */
  add(line) {
    const bytes = Buffer.from(`${line}\n`);
    const { maxBufferBytes } = this.settings;
    if (this.state === 'over') {
      this.counts.dropped++;
      return;
    }
    if (bytes.length > maxBufferBytes) {
      this.drop(1);
      return;
    }
    // What was written once is less worth than what was not; then the oldest goes.
    while (this.waiting.bytes + this.sent.bytes + bytes.length > maxBufferBytes && this.sent.oldest?.flushedAt) {
      this.sent.shift();
    }
    while (this.waiting.bytes + this.sent.bytes + bytes.length > maxBufferBytes && this.waiting.oldest) {
      this.drop(this.waiting.shift().lines);
    }
    this.waiting.push({ bytes, lines: 1, flushedAt: 0, isResent: false });
    this.schedule();
  }

  drop(lines) {
    if (this.untold === 0) {
      this.tell(`logs are lost: ${this.settings.maxBufferBytes} bytes wait for logchute already (maxBufferBytes)`);
    }
    this.counts.dropped += lines;
    this.untold += lines;
  }

  tell(what) {
    const { host, port, onProblem } = this.settings;
    try {
      onProblem(new Error(`logchute at ${host}:${port}: ${what}`));
    } catch {
      // The application goes on whatever its own function does.
    }
  }

  // ---------------------------------------------------------------- the connection

  connect() {
    const { host, port } = this.settings;
    this.state = 'connecting';
    const socket = net.connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS });
    this.socket = socket;
    this.timer = setTimeout(() => socket.destroy(new Error('no answer')), CONNECT_MS);
    let problem = null;
    socket.once('connect', () => this.onConnect());
    socket.on('data', () => {}); // nobody answers; without a reader the end would not be seen
    socket.on('drain', () => this.schedule());
    socket.once('end', () => this.onEnd(socket));
    socket.on('error', (error) => { problem = error; });
    socket.once('close', () => this.onClose(socket, problem));
    this.hold();
  }

  // An application that has nothing else to do may end; what still waits is flushed then.
  hold() {
    const isNeeded = this.whenEmpty.length > 0;
    [this.socket, this.timer].forEach((handle) => handle && (isNeeded ? handle.ref() : handle.unref()));
  }

  onConnect() {
    clearTimeout(this.timer);
    this.state = 'open';
    this.openedAt = performance.now();
    this.isTold = false;
    this.counts.connections++;
    this.schedule();
  }

  // logchute stops. The socket ends our side by itself once all is out.
  onEnd(socket) {
    if (this.state !== 'open') {
      return; // we closed first
    }
    this.state = 'closing';
    for (const batch of this.sent.all()) {
      batch.mayBeLost = batch.isLate; // logchute may have been gone already
    }
    this.timer = setTimeout(() => socket.destroy(new Error('it closed its side and takes no more')), CLOSE_MS);
    this.hold();
  }

  onClose(socket, problem) {
    clearTimeout(this.timer);
    const isClean = problem === null && socket.writableFinished;
    if (this.openedAt !== null && performance.now() - this.openedAt > STABLE_MS) {
      this.attempts = 0;
    }
    this.openedAt = null;
    this.forget();
    this.counts.resent += this.takeBack((batch) => !isClean || batch.mayBeLost);
    if (this.state === 'over') {
      this.settle();
      return;
    }
    if (!this.isTold && problem !== null) {
      this.isTold = true;
      this.tell(`${problem.message}; logs wait for it, up to ${this.settings.maxBufferBytes} bytes`);
    }
    this.state = 'backoff';
    this.timer = setTimeout(() => this.connect(), this.backoff());
    this.hold();
    this.settle();
  }

  // Lines that may not have come wait again, before all others. The number of those that had left us.
  takeBack(mayBeLost) {
    let lines = 0;
    for (let batch = this.sent.pop(); batch; batch = this.sent.pop()) {
      if (mayBeLost(batch)) {
        const isResent = batch.isResent || batch.flushedAt > 0;
        lines += isResent ? batch.lines : 0;
        this.waiting.unshift({ bytes: batch.bytes, lines: batch.lines, flushedAt: 0, isResent });
      }
    }
    return lines;
  }

  // Twice as long each time, half of it at random: many clients do not come back at the same moment.
  backoff() {
    const { minBackoffMs, maxBackoffMs } = this.settings;
    const isAwaited = this.whenEmpty.length > 0;
    const most = Math.min(isAwaited ? AWAITED_MS : maxBackoffMs, minBackoffMs * 2 ** Math.min(this.attempts++, 30));
    return most / 2 + Math.random() * (most / 2);
  }

  // ---------------------------------------------------------------- what goes out

  // Writes soon, and in batches. From a timer to the next setImmediate the loop looks at its sockets once.
  schedule() {
    if (this.isScheduled || this.state !== 'open') {
      return;
    }
    this.isScheduled = true;
    const asked = performance.now();
    const look = () => setTimeout(() => {
      const began = performance.now();
      setImmediate(() => {
        const isFresh = performance.now() - began <= FRESH_MS;
        if (!isFresh && performance.now() - asked < STALE_MS && this.state === 'open') {
          look();
          return;
        }
        this.isScheduled = false;
        this.sendAll(isFresh);
      });
    }, 1);
    look();
  }

  sendAll(isFresh) {
    if (this.state !== 'open') {
      return;
    }
    this.forget();
    if (this.untold > 0 && !this.socket.writableNeedDrain) {
      this.reportDropped();
    }
    while (this.waiting.oldest && !this.socket.writableNeedDrain) {
      this.send(this.waiting.take(BATCH_BYTES), isFresh);
    }
  }

  send(batch, isFresh = true) {
    this.sent.push(batch);
    if (!isFresh) {
      batch.isLate = true; // until the loop has looked again, and seen no end
      setImmediate(() => { batch.isLate = false; });
    }
    this.socket.write(batch.bytes, (error) => {
      if (!error) {
        batch.flushedAt = performance.now();
        this.counts.sent += batch.isResent ? 0 : batch.lines;
        this.forget();
        this.settle();
      }
    });
  }

  // What has been out for long has come, or never will.
  forget() {
    const { resendBytes, resendSeconds } = this.settings;
    const since = performance.now() - resendSeconds * 1000;
    while (this.sent.oldest?.flushedAt && (this.sent.bytes > resendBytes || this.sent.oldest.flushedAt < since)) {
      this.sent.shift();
    }
  }

  reportDropped() {
    const { untold } = this;
    this.untold = 0;
    const record = {
      '@timestamp': new Date().toISOString(), level: 'warn',
      message: `${untold} log records were dropped while logchute was away`, dropped: untold };
    // It is no line of the application, and not counted as one.
    this.send({ bytes: Buffer.from(`${JSON.stringify(record)}\n`), lines: 0, flushedAt: 0, isResent: false });
  }

  // ---------------------------------------------------------------- the end

  isEmpty() {
    const { newest } = this.sent;
    return !this.waiting.oldest && (!newest || newest.flushedAt > 0);
  }

  settle() {
    if (this.isEmpty() || this.state === 'over') {
      this.whenEmpty.splice(0).forEach((resolve) => resolve());
      this.hold();
    }
  }

  /** Resolves once all lines are out, or after flushSeconds; to the number of lines that still wait. */
  flush(seconds = this.settings.flushSeconds) {
    if (this.isEmpty() || this.state === 'over') {
      return Promise.resolve(this.waiting.lines);
    }
    return new Promise((resolve) => {
      const timer = setTimeout(done.bind(null, this), seconds * 1000);
      function done(self) {
        clearTimeout(timer);
        self.whenEmpty = self.whenEmpty.filter((other) => other !== onEmpty);
        self.hold();
        resolve(self.waiting.lines);
      }
      const onEmpty = () => done(this);
      this.whenEmpty.push(onEmpty);
      this.hold();
    });
  }

  /** Sends what is left, for flushSeconds at most, and waits until logchute has read it. */
  async finish() {
    const deadline = performance.now() + this.settings.flushSeconds * 1000;
    const left = () => Math.max(0, deadline - performance.now());
    if (this.state === 'backoff') {
      clearTimeout(this.timer);
      this.connect();
    }
    do {
      await this.flush(left() / 1000);
      await this.hangUp(left());
    } while (this.waiting.oldest && left() > 0);
    process.removeListener('beforeExit', this.beforeExit);
    this.state = 'over';
    clearTimeout(this.timer);
    this.socket.destroy();
    if (this.waiting.lines > 0) {
      this.counts.dropped += this.waiting.lines;
      this.tell(`${this.waiting.lines} log records are lost at the end of the application`);
    }
    this.waiting.clear();
  }

  // Ends the connection and waits until logchute has read to its end. If it broke instead, lines wait again.
  hangUp(ms) {
    const { socket } = this;
    if (this.state !== 'open' && this.state !== 'closing') {
      return Promise.resolve();
    }
    this.state = 'closing';
    clearTimeout(this.timer);
    this.timer = setTimeout(() => socket.destroy(), ms);
    socket.ref();
    return new Promise((resolve) => {
      socket.once('close', resolve);
      socket.end();
    });
  }
}

module.exports = { Shipper, OPTIONS: Object.keys(DEFAULTS) };
