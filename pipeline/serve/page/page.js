// The live page. What it shows comes as text of others: it only ever goes in by textContent.
'use strict';

const POLL_MS = 1000, DRAW_MS = 250, SAMPLES = 60, TAIL_ROWS = 500, SLOWEST = 6, REPORT_EVERY = 5;
const $ = (id) => document.getElementById(id);

/* ------------------------------------------------------------------ small things */

function make(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);  // texts become text nodes
  return element;
}

function shape(tag, attributes, parent) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (parent) parent.append(element);
  return element;
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function short(number) {
  for (const [size, unit] of [[1e9, 'G'], [1e6, 'M'], [1e3, 'k']]) {
    if (number >= size) return (number / size).toFixed(number >= 100 * size ? 0 : 1) + unit;
  }
  return number >= 10 || Number.isInteger(number) ? number.toFixed(0) : number.toFixed(1);
}

const perSecond = (number) => short(number) + '/s';

function bytes(number) {
  for (const [size, unit] of [[2 ** 30, 'GiB'], [2 ** 20, 'MiB'], [2 ** 10, 'KiB']]) {
    if (number >= size) return (number / size).toFixed(1) + ' ' + unit;
  }
  return number + ' B';
}

function micros(number) {
  if (number >= 1e6) return (number / 1e6).toFixed(number >= 1e7 ? 0 : 1) + ' s';
  if (number >= 1e3) return (number / 1e3).toFixed(number >= 1e4 ? 0 : 1) + ' ms';
  return number.toFixed(number >= 10 ? 0 : 1) + ' µs';
}

function span(ms) {
  const seconds = Math.floor(ms / 1000), days = Math.floor(seconds / 86400);
  const clock = [Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60];
  return (days ? days + ' d ' : '') + clock.map((n) => String(n).padStart(2, '0')).join(':');
}

const baseName = (path) => path.slice(path.lastIndexOf('/') + 1);

function placeOf(file, line) {
  const place = make('span', 'place', file ? baseName(file) + ':' + line : '');
  if (file) place.title = file + ':' + line;
  return place;
}

// The origin is named: an address with a password in it cannot be asked otherwise.
async function ask(path, options) {
  const answer = await fetch(location.origin + path, { signal: AbortSignal.timeout(20000), ...options });
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error ? body.error.message || body.error : 'status ' + answer.status);
  return body;
}

/* ------------------------------------------------------------------ what was counted, over the last minute */

const histories = new Map();  // of a pipeline's run and plugin: the latest samples, the oldest first

function note(key, at, figures) {
  let history = histories.get(key);
  if (!history) histories.set(key, history = { samples: [], rates: [] });
  const last = history.samples[history.samples.length - 1];
  if (last && at <= last.at) return history;
  if (last) history.rates.push(Math.max(0, (figures.events - last.events) * 1000 / (at - last.at)));
  history.samples.push({ at, ...figures });
  if (history.samples.length > SAMPLES) history.samples.shift();
  if (history.rates.length > SAMPLES) history.rates.shift();
  history.seen = at;
  return history;
}

const rateOf = (history) => history.rates.length ? history.rates[history.rates.length - 1] : 0;

// The bound of 99 of 100 of what took its time in the last minute, or ever if nothing did; in microseconds.
function p99(history) {
  const newest = history.samples[history.samples.length - 1].latency, oldest = history.samples[0].latency;
  if (!newest) return null;
  const recent = newest.map((count, i) => count - (oldest[i] || 0));
  for (const counts of [recent, newest]) {
    const all = counts.reduce((sum, count) => sum + count, 0);
    let sum = 0;
    for (let i = 0; all > 0; i++) {
      sum += counts[i];
      if (sum >= all * 0.99) return 2 ** i;
    }
  }
  return null;
}

function forgetOld(at) {
  for (const [key, history] of histories) if (history.seen < at) histories.delete(key);
}

/* ------------------------------------------------------------------ a pipeline's graph */

const views = new Map();  // by pipeline's ephemeral id

function spark() {
  const svg = shape('svg', { class: 'spark', viewBox: '0 0 60 20', preserveAspectRatio: 'none', 'aria-hidden': 'true' });
  return { svg, line: shape('polyline', { points: '' }, svg) };
}

function drawSpark(line, rates) {
  const most = Math.max(1, ...rates), from = SAMPLES - rates.length;
  line.setAttribute('points', rates.map((rate, i) => (from + i) + ',' + (19 - 18 * rate / most).toFixed(1)).join(' '));
}

function pluginCard(vertex) {
  const { svg, line } = spark();
  const card = { rate: make('span', 'rate', '–'), p99: make('span', 'p99', ''), failures: make('span', 'failures', ''), line };
  const source = vertex.meta && vertex.meta.source;
  const top = make('div', 'top', make('span', 'name', vertex.config_name),
    make('span', 'id dim', vertex.explicit_id ? vertex.id : ''), placeOf(source && source.id, source && source.line));
  card.element = make('div', 'card', top, svg, make('div', 'figures', card.rate, card.p99, card.failures));
  card.element.dataset.id = vertex.id;
  card.element.dataset.kind = vertex.plugin_type;
  return card;
}

function queueCard() {
  const card = { text: make('span', '', ''), fill: make('i'), age: make('span', 'dim', '') };
  card.element = make('div', 'card queue', make('div', 'top', make('span', 'name', 'queue')),
    make('div', 'gauge', card.fill), make('div', 'figures', card.text, card.age));
  card.element.dataset.kind = 'queue';
  return card;
}

function ifNode(vertex) {
  const source = vertex.meta && vertex.meta.source;
  const element = make('div', 'if', 'if' + (source ? ' · ' + baseName(source.id) + ':' + source.line : ''));
  return { element };
}

// Vertices in an order in which every edge leads on; those that could come next, by their place in the configuration.
function inOrder(graph) {
  const before = new Map(graph.vertices.map((v) => [v.id, 0])), after = new Map(graph.vertices.map((v) => [v.id, []]));
  for (const edge of graph.edges) {
    before.set(edge.to, before.get(edge.to) + 1);
    after.get(edge.from).push(edge.to);
  }
  const line = (v) => v.meta ? v.meta.source.line * 1000 + v.meta.source.column : 0;
  const ready = graph.vertices.filter((v) => before.get(v.id) === 0), order = [];
  const byId = new Map(graph.vertices.map((v) => [v.id, v]));
  while (ready.length) {
    ready.sort((a, b) => line(a) - line(b));
    const vertex = ready.shift();
    order.push(vertex);
    for (const next of after.get(vertex.id)) {
      before.set(next, before.get(next) - 1);
      if (before.get(next) === 0) ready.push(byId.get(next));
    }
  }
  return order;
}

// 0 inputs, 1 the queue and filters, 2 outputs; an `if` belongs to what it leads to.
function columnsOf(graph, order) {
  const column = new Map();
  for (const vertex of [...order].reverse()) {
    if (vertex.type === 'plugin') column.set(vertex.id, { input: 0, filter: 1, output: 2 }[vertex.plugin_type]);
    else if (vertex.type === 'queue') column.set(vertex.id, 1);
    else {
      const next = graph.edges.filter((e) => e.from === vertex.id).map((e) => column.get(e.to));
      column.set(vertex.id, next.includes(1) ? 1 : 2);
    }
  }
  return column;
}

function makeView(pipeline, graph) {
  const view = { id: pipeline.id, edges: graph.edges, nodes: new Map() };
  const columns = [make('div', 'column ends', make('h3', '', 'inputs')), make('div', 'column', make('h3', '', 'filters')),
    make('div', 'column ends', make('h3', '', 'outputs'))];
  const order = inOrder(graph), column = columnsOf(graph, order);
  for (const vertex of order) {
    const node = vertex.type === 'plugin' ? pluginCard(vertex) : vertex.type === 'queue' ? queueCard() : ifNode(vertex);
    node.place = vertex.meta && vertex.meta.source;
    node.column = column.get(vertex.id);
    node.order = columns[node.column].childElementCount;
    columns[node.column].append(node.element);
    view.nodes.set(vertex.id, node);
  }
  view.svg = shape('svg', { 'aria-hidden': 'true' });
  view.graph = make('div', 'graph', view.svg, ...columns);
  view.facts = make('span', 'dim');
  view.element = make('section', 'pipeline', make('div', 'bar', make('h2', '', 'Pipeline ' + pipeline.id), view.facts), view.graph);
  view.observer = new ResizeObserver(() => drawEdges(view));
  view.observer.observe(view.graph);
  $('pipelines').append(view.element);
  return view;
}

// All is measured before anything is drawn, so that the page is laid out once.
function drawEdges(view) {
  const origin = view.graph.getBoundingClientRect(), boxes = new Map(), paths = [];
  for (const [id, node] of view.nodes) boxes.set(id, node.element.getBoundingClientRect());
  for (const edge of view.edges) {
    const from = view.nodes.get(edge.from), to = view.nodes.get(edge.to);
    if (!from || !to) continue;
    const a = boxes.get(edge.from), b = boxes.get(edge.to);
    const middle = (box) => box.top + box.height / 2 - origin.top;
    let d;
    if (from.column !== to.column) {
      const x1 = a.right - origin.left, x2 = b.left - origin.left, bend = (x2 - x1) / 2;
      d = `M${x1} ${middle(a)}C${x1 + bend} ${middle(a)} ${x2 - bend} ${middle(b)} ${x2} ${middle(b)}`;
    } else if (to.order === from.order + 1) {
      const x1 = a.left + a.width / 2 - origin.left, x2 = b.left + b.width / 2 - origin.left;
      d = `M${x1} ${a.bottom - origin.top}L${x2} ${b.top - origin.top}`;
    } else {  // past others, on their left side
      const x1 = a.left - origin.left, x2 = b.left - origin.left;
      const out = Math.min(x1, x2) - Math.min(60, 16 + 8 * Math.abs(to.order - from.order));
      d = `M${x1} ${middle(a)}C${out} ${middle(a)} ${out} ${middle(b)} ${x2} ${middle(b)}`;
    }
    paths.push(shape('path', { d, class: edge.type === 'boolean' ? String(edge.when) : '' }));
  }
  view.svg.replaceChildren(...paths);
}

/* ------------------------------------------------------------------ the numbers, once a second */

function showPlugin(node, plugin, history) {
  const failed = plugin.dead_lettered + plugin.lost, away = plugin.failed_deliveries_in_a_row || 0;
  const bound = p99(history), words = [];
  setText(node.rate, perSecond(rateOf(history)));
  setText(node.p99, bound === null ? '' : 'p99 ≤ ' + micros(bound));
  if (away) words.push(away + (away === 1 ? ' failure' : ' failures in a row'));
  if (failed || !(away || plugin.dropped)) words.push(short(failed) + ' failed');
  if (plugin.dropped) words.push(short(plugin.dropped) + ' dropped');
  if (plugin.has_ended) words.push('ended');
  setText(node.failures, words.join(' · '));
  node.failures.classList.toggle('bad', failed + away > 0);
  node.element.classList.toggle('failing', away > 0);
  node.element.title = [`${plugin.in} in`, `${plugin.out} out`, `${plugin.dropped} dropped`, `${plugin.dead_lettered} dead-lettered`,
    `${plugin.lost} lost`, `${plugin.retried} retried`].join(', ');
  drawSpark(node.line, history.rates);
}

function showQueue(node, queue) {
  setText(node.text, bytes(queue.bytes) + ' of ' + bytes(queue.max_bytes));
  setText(node.age, queue.bytes ? 'oldest ' + micros(queue.oldest_ms * 1000) : 'empty');
  node.fill.style.transform = 'scaleX(' + Math.min(1, queue.bytes / (queue.max_bytes || 1)) + ')';
}

// What it took of the workers' time in the last minute.
function costOf(plugin, node, history, workers, pipeline) {
  const newest = history.samples[history.samples.length - 1], oldest = history.samples[0];
  const ns = newest.nanoseconds - oldest.nanoseconds, events = newest.events - oldest.events, ms = newest.at - oldest.at;
  return { pipeline, plugin, node, history, share: ms > 0 ? ns / 1e4 / ms / workers : 0, each: events > 0 ? ns / 1000 / events : null, ns };
}

function showPipeline(pipeline, view, at) {
  const costs = [];
  for (const plugin of pipeline.plugins) {
    const events = plugin.kind === 'input' ? plugin.out : plugin.in;
    const history = note(pipeline.ephemeral_id + ' ' + plugin.id, at, { events, nanoseconds: plugin.nanoseconds, latency: plugin.latency });
    const node = view.nodes.get(plugin.id);
    if (!node) continue;
    showPlugin(node, plugin, history);
    if (plugin.kind !== 'input') costs.push(costOf(plugin, node, history, pipeline.workers, pipeline.id));
  }
  showQueue(view.nodes.get('__QUEUE__'), pipeline.queue);
  setText(view.facts, pipeline.workers + (pipeline.workers === 1 ? ' worker' : ' workers'));
  return costs;
}

function showSlowest(costs) {
  costs.sort((a, b) => b.ns - a.ns);
  $('slow').tBodies[0].replaceChildren(...costs.filter((c) => c.ns > 0).slice(0, SLOWEST).map((cost) => {
    const bound = p99(cost.history), place = cost.node.place;
    const name = make('td', '', cost.plugin.name + ' ', make('span', 'dim', cost.plugin.id));
    return make('tr', '', name, make('td', 'number', cost.share.toFixed(cost.share < 1 ? 2 : 1) + ' %'),
      make('td', 'number', cost.each === null ? '–' : micros(cost.each)), make('td', 'number', bound === null ? '–' : '≤ ' + micros(bound)),
      make('td', '', placeOf(place && place.id, place && place.line)));
  }));
}

function showErrors(errors) {
  const key = errors.length + ' ' + (errors.length ? errors[0].at_ms + ' ' + errors[0].count : '');
  if ($('errors').dataset.key === key) return;
  $('errors').dataset.key = key;
  $('no-errors').hidden = errors.length > 0;
  $('errors').replaceChildren(...errors.map((error) => {
    const time = make('time', '', new Date(error.at_ms).toTimeString().slice(0, 8));
    return make('li', '', time, make('span', error.level === 'warn' ? 'yellow' : 'red', error.level),
      make('span', 'message', (error.plugin || error.module) + ': ' + error.message + (error.count > 1 ? ' (' + error.count + ' times)' : '')),
      placeOf(error.file, error.line));
  }));
}

function showReport(report) {
  const pipelines = report.indicators.pipelines.indicators || {};
  const items = Object.entries(pipelines).flatMap(([id, one]) => (one.diagnosis || []).map((ailment) =>
    make('li', '', id + ': ' + ailment.cause + '. ', make('span', 'dim', ailment.action))));
  $('ailments').replaceChildren(...items);
  $('ailments').hidden = items.length === 0;
}

function showHead(page) {
  let events = { in: 0, out: 0, flight: 0 };
  for (const { events: one } of page.pipelines) {
    events = { in: events.in + one.in, out: events.out + one.out, flight: events.flight + one.in_flight };
  }
  setText($('total-in'), perSecond(rateOf(note('in', page.now_ms, { events: events.in }))));
  setText($('total-out'), perSecond(rateOf(note('out', page.now_ms, { events: events.out }))));
  setText($('total-flight'), short(events.flight));
  setText($('uptime'), span(page.uptime_ms));
  setText($('node'), `${page.name} · ${page.address} · ${page.version}`);
  setText($('status'), page.status);
  $('status').className = 'badge ' + page.status;
}

async function showPipelines(page) {
  const here = new Set(page.pipelines.map((p) => p.ephemeral_id));
  for (const [id, view] of views) {
    if (here.has(id)) continue;
    view.observer.disconnect();
    view.element.remove();
    views.delete(id);
  }
  if (page.pipelines.some((p) => !views.has(p.ephemeral_id))) {
    const known = (await ask('/_node/pipelines?graph=true')).pipelines;
    for (const pipeline of page.pipelines) {
      const there = known[pipeline.id];
      if (there && there.ephemeral_id === pipeline.ephemeral_id && !views.has(pipeline.ephemeral_id)) {
        views.set(pipeline.ephemeral_id, makeView(pipeline, there.graph.graph));
      }
    }
  }
  showSlowest(page.pipelines.filter((p) => views.has(p.ephemeral_id))
    .flatMap((p) => showPipeline(p, views.get(p.ephemeral_id), page.now_ms)));
}

let polls = 0;
async function poll() {
  try {
    const page = await ask('/_logchute/page.json');
    showHead(page);
    await showPipelines(page);
    showErrors(page.errors);
    forgetOld(page.now_ms);
    tail.allow(page.may_see_events);
    $('search-section').hidden = !(page.may_see_events && page.has_store);
    if (polls++ % REPORT_EVERY === 0) showReport(await ask('/_health_report'));
    document.body.classList.remove('stale');
    document.body.dataset.polls = polls;
  } catch (error) {
    document.body.classList.add('stale');
    setText($('status'), 'no answer');
    $('status').className = 'badge red';
  }
  setTimeout(poll, document.hidden ? 10 * POLL_MS : POLL_MS);
}

/* ------------------------------------------------------------------ events as rows */

function eventRow(line) {
  const event = line.event, row = make('li');
  row.words = (line.cut || JSON.stringify(event)).toLowerCase();
  if (event) {
    const { '@timestamp': at, message, ...rest } = event;
    delete rest['@version'];
    row.append(make('time', '', typeof at === 'string' ? at.slice(11, 23) : ''),
      make('span', 'message', typeof message === 'string' ? message : ''), make('span', 'rest', JSON.stringify(rest)));
  } else {
    row.append(make('time'), make('span', 'message', line.cut + ' …'));
  }
  row.text = () => event ? JSON.stringify(event, null, 2) : line.cut;
  return row;
}

function toggleRow(click) {
  const row = click.target.closest('li');
  if (!row || !row.text || String(getSelection())) return;
  if (row.classList.toggle('open')) row.append(make('pre', '', row.text()));
  else row.lastChild.remove();
}

/* ------------------------------------------------------------------ the tail */

const tail = {
  source: null, isAllowed: null, isPaused: false, words: [], shown: 0, dropped: 0, waiting: [], timer: 0,

  allow(may) {
    if (may === this.isAllowed) return;
    this.isAllowed = may;
    this.run();
  },

  run() {
    const runs = this.isAllowed && !this.isPaused && !document.hidden;
    if (!runs && this.source) {
      this.source.close();
      this.source = null;
    } else if (runs && !this.source) {
      this.source = new EventSource(location.origin + '/_logchute/tail');
      this.source.onmessage = (message) => this.take(message.data);
      this.source.onopen = () => { this.tell(); $('tail').dataset.open = 'true'; };
      this.source.addEventListener('dropped', (message) => { this.dropped += Number(message.data); this.tell(); });
      this.source.onerror = () => {
        setText($('tail-state'), 'not connected');
        if (this.source && this.source.readyState === EventSource.CLOSED) {  // refused: it does not try again by itself
          this.source = null;
          setTimeout(() => this.run(), 5 * POLL_MS);
        }
      };
    }
    this.tell();
  },

  tell() {
    const seen = short(this.shown) + ' events' + (this.dropped ? ', ' + short(this.dropped) + ' more not shown' : '');
    setText($('tail-state'), !this.isAllowed ? 'The text of events shows on this machine only; api.tail: true in logstash.yml shows it elsewhere.'
      : this.isPaused ? 'paused · ' + seen : seen);
  },

  matches(row) {
    return this.words.every((word) => row.words.includes(word));
  },

  take(data) {
    const lines = data.split('\n');
    this.shown += lines.length;
    this.waiting = this.waiting.concat(lines).slice(-TAIL_ROWS);
    if (!this.timer) this.timer = setTimeout(() => this.draw(), DRAW_MS);
  },

  draw() {
    const list = $('tail'), rows = document.createDocumentFragment();
    for (const line of this.waiting.reverse()) {  // the newest comes first
      const row = eventRow(JSON.parse(line));
      row.hidden = !this.matches(row);
      rows.append(row);
    }
    this.waiting = [];
    this.timer = 0;
    list.prepend(rows);
    while (list.childElementCount > TAIL_ROWS) list.lastChild.remove();
    this.tell();
  },

  filter(text) {
    this.words = text.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of $('tail').children) row.hidden = !this.matches(row);
  },
};

$('tail-filter').addEventListener('input', (change) => tail.filter(change.target.value));
$('tail-clear').addEventListener('click', () => $('tail').replaceChildren());
$('tail-pause').addEventListener('click', (click) => {
  tail.isPaused = !tail.isPaused;
  click.target.setAttribute('aria-pressed', tail.isPaused);
  setText(click.target, tail.isPaused ? 'Go on' : 'Pause');
  tail.run();
});
$('tail').addEventListener('click', toggleRow);
document.addEventListener('visibilitychange', () => tail.run());

/* ------------------------------------------------------------------ search */

$('found').addEventListener('click', toggleRow);
$('search-form').addEventListener('submit', async (submit) => {
  submit.preventDefault();
  const query = new URLSearchParams({ q: $('search-words').value, since: $('search-since').value });
  setText($('search-state'), 'searching …');
  try {
    const { events } = await ask('/_logchute/search?' + query);
    $('found').replaceChildren(...events.reverse().map((event) => eventRow({ event })));
    setText($('search-state'), events.length + ' found, the newest first');
  } catch (error) {
    setText($('search-state'), error.message);
  }
});

/* ------------------------------------------------------------------ redact */

let redactTimer = 0;
async function tryRedact() {
  const text = $('redact-text').value;
  try {
    const { parts, count, findings } = await ask('/_logchute/redact', { method: 'POST', body: text });
    if (text !== $('redact-text').value) return;  // there is a newer one
    $('redact-answer').replaceChildren(...parts.map((part) => part.kind ? make('mark', '', part.kind) : part.text));
    setText($('redact-count'), !text ? '' : count === 0 ? 'Nothing would be hidden.'
      : Object.entries(findings).map(([kind, n]) => kind + ': ' + n).join(', '));
  } catch (error) {
    setText($('redact-count'), error.message);
  }
}
$('redact-text').addEventListener('input', () => {
  clearTimeout(redactTimer);
  redactTimer = setTimeout(tryRedact, 200);
});

poll();
