import { type ApiVersion, Problem, sentence } from '@gatehouse/contracts';
import { histogram, OTHER } from '@gatehouse/platform';
import type { FastifyInstance, FastifyRequest } from 'fastify';

interface Route {
  readonly path: RegExp;
  readonly methods: Set<string>;
}

/** Marks a route whose path does not end in a slash, such as the route of a file. */
export const FILE_ROUTE = { file: true } as const;

const isFile = ({ routeOptions: { config } }: FastifyRequest) => 'file' in config && config.file === FILE_ROUTE.file;

/** Marks a route that authentik has only since 2026.8. Under 2024.8, its address is unknown. */
export const SINCE_2026_ROUTE = { since: '2026.8' } as const;

const isIn = (version: ApiVersion, config: object = {}) =>
  version === '2026.8' || !('since' in config) || config.since !== SINCE_2026_ROUTE.since;

/**
 * Enforces strict paths: a path gets 404 if it does not end in a slash, or if anything in it is percent-encoded. A
 * method that a route does not have, HEAD included, gets 405. A route that authentik has only since a newer version
 * than `version` gets 404. Must be called before routes are registered.
 */
export function enforceStrictRouting(fastify: FastifyInstance, version: ApiVersion) {
  const routes = new Map<string, Route>();
  fastify.addHook('onRoute', ({ url, method, config }) => {
    if (!isIn(version, config)) return;
    const route = routes.get(url) ?? { path: patternOf(url), methods: new Set<string>() };
    for (const name of [method].flat()) route.methods.add(name);
    routes.set(url, route);
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    const path = request.url.split('?', 1)[0] ?? '';
    if (!isIn(version, request.routeOptions.config)) return done(new Problem('not_found'));
    if (isFile(request)) return done();
    // Refuses an absolute URL, which could become the target of a redirect.
    if (!path.startsWith('/') || !path.endsWith('/') || path.includes('%')) return done(new Problem('not_found'));
    if (!request.is404) return done(hasSlugParams(request.params) ? undefined : new Problem('not_found'));
    const allowed = [...routes.values()]
      .filter((route) => route.path.test(path))
      .flatMap(({ methods }) => [...methods]);
    if (allowed.length === 0) return done(new Problem('not_found'));
    void reply.header('allow', allowed.join(', '));
    done(
      new Problem('method_not_allowed', {
        detail: sentence('Method "{method}" not allowed.', { method: request.method }),
      }),
    );
  });
}

const SLUG = '[-a-zA-Z0-9_]+';
const WHOLE_SLUG = new RegExp(`^${SLUG}$`);

/** Returns whether every path parameter is a slug. */
const hasSlugParams = (params: unknown) =>
  Object.values(params as object).every((value) => WHOLE_SLUG.test(String(value)));

/** Returns the pattern of a route, with the final slash that Nest omits. Parameters are slugs. */
function patternOf(url: string): RegExp {
  const source = url
    .replace(/\/$/, '')
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replace(/:[a-z_]+/gi, SLUG);
  return new RegExp(`^${source}/$`);
}

/**
 * Methods that are labels of the metric. Node accepts more than thirty methods, so a client could otherwise create many
 * series.
 */
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'];
const KNOWN_METHODS: ReadonlySet<string> = new Set(METHODS);

const requests = histogram({
  name: 'gatehouse_http_seconds',
  question: 'logins',
  help: 'Durations of HTTP requests',
  labels: {
    route: 'the route with the names of its parameters, or `none` for any unknown path',
    method: [...METHODS, OTHER],
    status: 'the HTTP status',
  },
});

/**
 * Records a metric of every response by route. All unknown paths share one label, which limits the number of labels.
 */
export function recordRequestMetrics(fastify: FastifyInstance) {
  fastify.addHook('onResponse', ({ routeOptions, method }, reply, done) => {
    const route = routeOptions.url ?? 'none';
    const known = KNOWN_METHODS.has(method) ? method : OTHER;
    requests.observe({ route, method: known, status: String(reply.statusCode) }, reply.elapsedTime / 1000);
    done();
  });
}
