'use strict';
// A database in memory, behind a pool of connections as a real one would be.

const CONNECTIONS = 10;

class Store {
  constructor(timeQuery) {
    this.timeQuery = timeQuery;
    this.tables = new Map();
    this.lastId = 0;
    this.used = 0;
    this.waiting = [];
  }

  pool() {
    return { used: this.used, max: CONNECTIONS, waiting: this.waiting.length };
  }

  // Waits for a connection, and gives it back to who waits longest.
  async withConnection(query) {
    if (this.used >= CONNECTIONS) {
      await new Promise((resolve) => { this.waiting.push(resolve); });
    } else {
      this.used++;
    }
    try {
      await new Promise(setImmediate); // a query is never answered at once
      return query();
    } finally {
      const next = this.waiting.shift();
      if (next) {
        next();
      } else {
        this.used--;
      }
    }
  }

  query(operation, table, run) {
    if (!this.tables.has(table)) {
      this.tables.set(table, new Map());
    }
    return this.timeQuery(`${operation}_${table}`, () => this.withConnection(() => run(this.tables.get(table))));
  }

  ping() {
    return this.withConnection(() => true);
  }

  list(table) {
    return this.query('list', table, (rows) => [...rows.values()]);
  }

  find(table, id) {
    return this.query('select', table, (rows) => rows.get(id));
  }

  insert(table, row) {
    return this.query('insert', table, (rows) => {
      const made = { id: String(++this.lastId), ...row };
      rows.set(made.id, made);
      return made;
    });
  }

  update(table, id, change) {
    return this.query('update', table, (rows) => {
      rows.set(id, { ...rows.get(id), ...change });
      return rows.get(id);
    });
  }

  remove(table, id) {
    return this.query('delete', table, (rows) => rows.delete(id));
  }
}

module.exports = { Store };
