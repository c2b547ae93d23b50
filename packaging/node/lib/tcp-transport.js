'use strict';
// The winston transport around Shipper. It never emits `error`, which would end the application.

const { Transport } = require('winston');
const { Shipper, OPTIONS } = require('./shipper');

const MESSAGE = Symbol.for('message');
const OF_WINSTON = ['level', 'format', 'silent', 'handleExceptions', 'handleRejections'];

class LogchuteTransport extends Transport {
  constructor(options = {}) {
    const known = [...OPTIONS, ...OF_WINSTON];
    for (const name of Object.keys(options)) {
      if (!known.includes(name)) {
        throw new TypeError(`LogchuteTransport: no option "${name}"; there are ${known.join(', ')}`);
      }
    }
    super(options);
    this.shipper = new Shipper(Object.fromEntries(
      OPTIONS.filter((name) => options[name] !== undefined).map((name) => [name, options[name]])));
  }

  log(info, callback) {
    this.shipper.add(info[MESSAGE]);
    callback();
  }

  /** How many lines were sent, sent again and dropped, how many wait, and the bytes that are kept. */
  stats() {
    return this.shipper.stats();
  }

  /** Resolves once no line waits, or after flushSeconds; to the number of lines that still do. */
  flush(seconds) {
    return this.shipper.flush(seconds);
  }

  // logger.end() comes here; on its `finish` logchute has all lines.
  _final(callback) {
    this.shipper.finish().then(() => callback(), callback);
  }

  // logger.close() and logger.remove() come here, and wait for nobody.
  close() {
    this.end();
  }
}

module.exports = { LogchuteTransport };
