import { Problem, sentence } from '@gatehouse/contracts';
import { histogram } from '@gatehouse/platform';
import type { FastifyInstance, FastifyRequest } from 'fastify';

interface Route {
  readonly path: RegExp;
  readonly methods: Set<string>;
}

/** Marks a route of files: their addresses end in a name, not in a slash. */
export const FILE_ROUTE = { file: true } as const;

const isFile = ({ routeOptions: { config } }: FastifyRequest) => 'file' in config && config.file === FILE_ROUTE.file;

/**
 * The API's rules for addresses: every one ends in a slash, any other form of it does not exist; another method than a
 * route has is 405, HEAD too. Must be called before routes are registered.
 */
export function enforceStrictRouting(fastify: FastifyInstance) {
  const routes = new Map<string, Route>();
  fastify.addHook('onRoute', ({ url, method }) => {
    const route = routes.get(url) ?? { path: patternOf(url), methods: new Set<string>() };
    for (const name of [method].flat()) route.methods.add(name);
    routes.set(url, route);
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    const path = request.url.split('?', 1)[0] ?? '';
    if (isFile(request)) return done();
    // An address that names a host would be led to as it stands.
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

const NAME = '[-a-zA-Z0-9_]+';
const WHOLE_NAME = new RegExp(`^${NAME}$`);

/** Whether every parameter of an address is a slug. */
const hasSlugParams = (params: unknown) =>
  Object.values(params as object).every((value) => WHOLE_NAME.test(String(value)));

/** A route's own pattern, with the final slash that Nest leaves off; parameters are slugs. */
function patternOf(url: string): RegExp {
  const source = url
    .replace(/\/$/, '')
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replace(/:[a-z_]+/gi, NAME);
  return new RegExp(`^${source}/$`);
}

const requests = histogram('gatehouse_http_seconds', 'HTTP requests answered here', ['route', 'method', 'status']);

/** Measures every answer, by route: an address that has none is not worth a label. */
export function recordRequestMetrics(fastify: FastifyInstance) {
  fastify.addHook('onResponse', ({ routeOptions, method }, reply, done) => {
    const route = routeOptions.url ?? 'none';
    requests.observe({ route, method, status: String(reply.statusCode) }, reply.elapsedTime / 1000);
    done();
  });
}
