'use strict';
// The example, started as one starts it: each series that README.md names has data after some requests.
const assert = require('node:assert');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const readline = require('node:readline');
const test = require('node:test');

const ROOT = path.join(__dirname, '..');
const OF_THE_PROCESS = /^(process|nodejs)_/;

function documented() {
  const rows = fs.readFileSync(path.join(ROOT, 'README.md'), 'utf8').split('\n').filter((line) => /^\| `\w+_\w+`/.test(line));
  return new Map(rows.flatMap((row) => {
    const [, names, type, labels] = row.split('|');
    const labelNames = [...labels.replace(/\([^)]*\)/g, '').matchAll(/`(\w+)`/g)].map(([, label]) => label);
    return [...names.matchAll(/`(\w+)`/g)].map(([, name]) => [name, { type: type.trim().split(',')[0], labels: labelNames.sort() }]);
  }));
}

// The families of an exposition: name -> { type, labels, hasData }.
function familiesOf(text) {
  const families = new Map();
  for (const [, name, type] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    const samples = [...text.matchAll(new RegExp(`^${name}(?:_bucket|_sum|_count)?(?:{(.*)})? \\S+$`, 'gm'))];
    const labels = new Set(samples.flatMap(([, pairs]) => [...(pairs || '').matchAll(/(\w+)="/g)].map(([, label]) => label)));
    labels.delete('le');
    families.set(name, { type, labels: [...labels].sort(), hasData: samples.length > 0 });
  }
  return families;
}

function send(at, method, url, body) {
  return fetch(at + url, { method, headers: { 'content-type': 'application/json' }, body: body && JSON.stringify(body) });
}

// Each thing that the example does, once.
async function useAll(at) {
  const made = await (await send(at, 'POST', '/timelines', { title: 'a' })).json();
  const one = `/timelines/${made.id}`;
  const lesson = await (await send(at, 'POST', `${one}/classes`, { title: 'c' })).json();
  const statuses = [];
  for (const [method, url, body] of [['GET', '/timelines'], ['GET', one], ['PUT', one, { title: 'b' }], ['PUT', one, {}],
    ['GET', `${one}/classes/${lesson.id}`], ['PUT', `${one}/classes/${lesson.id}`, { title: 'd' }],
    ['DELETE', `${one}/classes/${lesson.id}`], ['POST', `${one}/events`, { type: 'exam' }], ['POST', `${one}/events`, {}],
    ['GET', '/slow?ms=10'], ['GET', '/error'], ['DELETE', one], ['GET', one], ['GET', '/nothing'], ['GET', '/health']]) {
    statuses.push((await send(at, method, url, body)).status);
  }
  return statuses;
}

test('the example exposes each series of README.md, with its type and labels, and no other', async () => {
  const env = { ...process.env, PORT: '0', LOGCHUTE_PORT: '1', NODE_ENV: 'production' };
  const child = spawn(process.execPath, ['example/app.js'], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'ignore'] });
  const [line] = await once(readline.createInterface({ input: child.stdout }), 'line');
  const at = line.replace('listening on ', '');
  try {
    assert.deepStrictEqual(await useAll(at), [200, 200, 200, 400, 200, 200, 204, 201, 400, 200, 500, 204, 404, 404, 200]);
    const families = familiesOf(await (await fetch(`${at}/metrics`)).text());
    const own = [...families].filter(([name]) => !OF_THE_PROCESS.test(name));
    assert.ok(families.size > own.length);
    assert.deepStrictEqual(new Map(own.map(([name, { type, labels }]) => [name, { type, labels }]).sort()), new Map([...documented()].sort()));
    assert.deepStrictEqual(own.filter(([, { hasData }]) => !hasData), []);
  } finally {
    child.kill('SIGKILL'); // it would wait for a logchute that is not there
    await once(child, 'exit');
  }
});
