'use strict';
// The pattern of the Express route that took a request: `/timelines/:id/classes/:classId`, mounted routers included.
//
// Express keeps the pattern of the innermost route only (req.route.path); req.baseUrl is the path, with its values. So the
// routers that lead to the route are looked up in the application once for each route, and remembered.

const UNMATCHED = '(unmatched)';
const DEPTH = 20; // of routers in routers: one that is mounted in itself ends here

const known = new WeakMap(); // Route -> the application it is in, the layers of routers that lead to it, and the pattern of each such place

function textOf(path) {
  return [path].flat(Infinity).map((one) => (one instanceof RegExp ? `(${one.source})` : String(one))).join('|');
}

function join(...parts) {
  return parts.join('/').replace(/\/{2,}/g, '/').replace(/(.)\/$/, '$1') || '/';
}

function stackOf(handle) {
  if (Array.isArray(handle.stack)) {
    return handle.stack;
  }
  if (typeof handle.set !== 'function' || typeof handle.handle !== 'function') {
    return [];
  }
  try {
    return (handle._router || handle.router).stack; // Express 4 throws on .router
  } catch {
    return [];
  }
}

function findChains(stack, route, above = [], found = []) {
  for (const layer of stack) {
    if (layer.route === route) {
      found.push(above);
    } else if (!layer.route && typeof layer.handle === 'function' && above.length < DEPTH) {
      findChains(stackOf(layer.handle), route, [...above, layer], found);
    }
  }
  return found;
}

// What the layer matches at the start of `path`, or null. The layer itself stays as it is.
function matchOf(layer, path) {
  const probe = Object.create(layer);
  return probe.match(path) ? { path: probe.path || '', params: probe.params || {} } : null;
}

// Express before 5.3 does not keep the pattern of a mounted router: values are replaced by the names of the parameters, from
// the right, as in /timelines/:id the value may be `timelines`.
function patternFromMatch(match) {
  const segments = match.path.toLowerCase().split('/');
  for (const [name, value] of Object.entries(match.params).reverse()) {
    const at = segments.lastIndexOf(encodeURIComponent(String(value)).toLowerCase());
    if (at >= 0) {
      segments[at] = ':' + name;
    }
  }
  return segments.join('/');
}

function describe(layers, path, before, after) {
  const parts = layers.map((layer) => {
    const match = matchOf(layer, path);
    path = match ? path.slice(match.path.length) || '/' : path;
    if (layer.rawPath !== undefined) {
      return textOf(layer.rawPath);
    }
    return match ? patternFromMatch(match) : '';
  });
  return join(before, ...parts, after);
}

function isOnPath(layers, path) {
  return layers.every((layer) => {
    const match = matchOf(layer, path);
    path = match ? path.slice(match.path.length) || '/' : path;
    return match !== null;
  });
}

// Where applications are mounted in applications.
function mountsOf(app) {
  return app.parent ? join(mountsOf(app.parent), textOf(app.mountpath)) : '';
}

function pathOf(req) {
  const url = req.originalUrl || req.url || '/';
  const end = url.search(/[?#]/);
  return end < 0 ? url : url.slice(0, end);
}

function find(req, route, rootApp) {
  for (const app of new Set([rootApp, req.app])) {
    const chains = app ? findChains(stackOf(app), route) : [];
    if (chains.length > 0) {
      return { app, chains, patterns: [] };
    }
  }
  return null;
}

// The part of the path that an application's own routers see: without where it is mounted.
function pathWithin(app, path) {
  for (let depth = join(mountsOf(app)).split('/').filter(Boolean).length; depth > 0; depth--) {
    path = path.replace(/^\/+[^/]*/, '');
  }
  return path || '/';
}

// Which of the places of a route's router the request came by.
function chainOf(places, path) {
  if (places.chains.length === 1) {
    return 0;
  }
  return Math.max(0, places.chains.findIndex((layers) => isOnPath(layers, path)));
}

/** The pattern of the route that took `req`; UNMATCHED if none did. `rootApp`: the application that got it first. */
function routeOf(req, rootApp) {
  const route = req.route;
  if (!route) {
    return UNMATCHED;
  }
  const places = known.get(route) || find(req, route, rootApp);
  if (!places) {
    return join(textOf(route.path));
  }
  known.set(route, places);
  const path = pathWithin(places.app, pathOf(req));
  const index = chainOf(places, path);
  if (places.patterns[index] === undefined) {
    places.patterns[index] = describe(places.chains[index], path, mountsOf(places.app), textOf(route.path));
  }
  return places.patterns[index];
}

module.exports = { routeOf, UNMATCHED };
