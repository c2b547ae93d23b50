'use strict';
// A queue of batches, each { bytes: Buffer, lines }, that knows how many bytes and lines are in it.

const COMPACT_AT = 1024;

class Queue {
  constructor() {
    this.clear();
  }

  clear() {
    this.items = [];
    this.first = 0;
    this.bytes = 0;
    this.lines = 0;
  }

  get oldest() {
    return this.items[this.first];
  }

  get newest() {
    return this.first < this.items.length ? this.items[this.items.length - 1] : undefined;
  }

  all() {
    return this.items.slice(this.first);
  }

  count(batch, sign) {
    this.bytes += sign * batch.bytes.length;
    this.lines += sign * batch.lines;
    return batch;
  }

  push(batch) {
    this.items.push(this.count(batch, 1));
  }

  unshift(batch) {
    if (this.first === 0) {
      this.items.unshift(undefined);
      this.first = 1;
    }
    this.items[--this.first] = this.count(batch, 1);
  }

  shift() {
    const batch = this.oldest;
    if (batch === undefined) {
      return undefined;
    }
    this.items[this.first++] = undefined;
    if (this.first >= COMPACT_AT && this.first * 2 >= this.items.length) {
      this.items = this.items.slice(this.first);
      this.first = 0;
    }
    return this.count(batch, -1);
  }

  pop() {
    return this.newest === undefined ? undefined : this.count(this.items.pop(), -1);
  }

  /** The oldest ones as one batch of about `most` bytes; those that are sent again stay apart from those that are not. */
  take(most) {
    const taken = [this.shift()];
    const { isResent } = taken[0];
    let bytes = taken[0].bytes.length;
    while (this.oldest && this.oldest.isResent === isResent && bytes + this.oldest.bytes.length <= most) {
      bytes += this.oldest.bytes.length;
      taken.push(this.shift());
    }
    return {
      bytes: taken.length === 1 ? taken[0].bytes : Buffer.concat(taken.map((batch) => batch.bytes), bytes),
      lines: taken.reduce((sum, batch) => sum + batch.lines, 0),
      flushedAt: 0,
      isResent,
    };
  }
}

module.exports = { Queue };
