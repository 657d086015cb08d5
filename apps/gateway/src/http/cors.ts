import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';

declare module 'fastify' {
  interface FastifyRequest {
    /** Origin of the page that sent the request, if CORS_ORIGINS lists it. Undefined for all other requests. */
    corsOrigin?: string | undefined;
  }
}

type Request = Pick<IncomingMessage, 'url' | 'method' | 'headers'>;

/** API paths that a page of another origin needs to run flows: the executor, the pairing of Duo, the user, the brand. */
const PATHS =
  /^\/api\/v3\/(?:flows\/executor\/[-\w]+|stages\/authenticator\/duo\/[-\w]+\/enrollment_status|core\/users\/me|core\/brands\/current)\/$/;

/** Response header with the CSRF token, which a page of another origin cannot read from the cookie. */
export const CSRF_TOKEN_HEADER = 'x-gatehouse-csrf';

/** Seconds for which a browser may skip the preflight. */
const PREFLIGHT_MAX_AGE_S = 600;

const ALLOWED_HEADERS = {
  'access-control-allow-credentials': 'true',
  'access-control-expose-headers': [
    ...[CSRF_TOKEN_HEADER, 'x-gatehouse-run', 'x-gatehouse-step', 'x-gatehouse-reason', 'x-authentik-id'],
    ...['retry-after', 'ratelimit', 'ratelimit-policy'],
  ].join(', '),
};
const PREFLIGHT_HEADERS = {
  'access-control-allow-methods': 'GET, POST',
  'access-control-allow-headers': 'content-type, x-authentik-csrf, x-gatehouse-fields, x-gatehouse-step',
  'access-control-max-age': String(PREFLIGHT_MAX_AGE_S),
};
/** A cache must not give the response for one origin to another origin, nor to a page of this site. */
const VARY = { vary: 'Cookie, Origin' };

/** Returns the origins in the setting CORS_ORIGINS. Throws an Error that names the first invalid one. */
export function corsOriginsIn(setting: string): ReadonlySet<string> {
  const origins = setting.split(',').map((origin) => origin.trim());
  const listed = origins.filter((origin) => origin !== '');
  for (const origin of listed) {
    if (origin.includes('*') || !URL.canParse(origin) || new URL(origin).origin !== origin)
      throw new Error(`${origin} is no origin such as https://app.example.org, in lower case and without a path`);
    if (!origin.startsWith('https:') && !(origin.startsWith('http:') && isLoopback(new URL(origin).hostname)))
      throw new Error(`${origin} must begin with https. Only origins of this machine may use http`);
  }
  return new Set(listed);
}

/** Returns whether the host name of a URL is that of this machine (loopback). */
export const isLoopback = (hostname: string): boolean =>
  /^(?:localhost|.+\.localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);

/**
 * Lets pages of listed origins use the API with the visitor's cookies (docs/spec/http.md#other-origins). Other origins
 * get no header of CORS.
 */
export class CorsPolicy {
  constructor(private readonly origins: ReadonlySet<string>) {}

  /**
   * Adds hooks that set `request.corsOrigin` and the CORS headers of responses, and answer preflights. Must be called
   * before the hooks of the routing are added.
   */
  addTo(fastify: FastifyInstance): void {
    if (this.origins.size === 0) return;
    fastify.addHook('onRequest', (request, reply, done) => {
      request.corsOrigin = this.originOf(request.raw);
      void reply.headers(this.headersFor(request.raw));
      if (this.isPreflight(request.raw)) void reply.code(204).send();
      else done();
    });
  }

  /** Returns whether the request is a preflight of a listed origin, which costs too little to be refused. */
  isPreflight(request: Request): boolean {
    const { method, headers } = request;
    return (
      method === 'OPTIONS' &&
      headers['access-control-request-method'] !== undefined &&
      this.originOf(request) !== undefined
    );
  }

  /** Returns the CORS headers for the response to a request, also if the request is refused. */
  headersFor(request: Request): Readonly<Record<string, string>> {
    if (this.origins.size === 0 || !PATHS.test(pathOf(request))) return {};
    const origin = this.originOf(request);
    if (origin === undefined) return VARY;
    return {
      ...VARY,
      ...ALLOWED_HEADERS,
      'access-control-allow-origin': origin,
      ...(this.isPreflight(request) ? PREFLIGHT_HEADERS : {}),
    };
  }

  /**
   * Returns the origin of the page that sent the request, if it is listed. Returns undefined if `Sec-Fetch-Site` says
   * that the origin belongs to another site, and for paths without CORS.
   */
  private originOf(request: Request): string | undefined {
    const { origin, 'sec-fetch-site': site } = request.headers;
    if (origin === undefined || !this.origins.has(origin) || site === 'cross-site') return undefined;
    return PATHS.test(pathOf(request)) ? origin : undefined;
  }
}

const pathOf = ({ url = '' }: Request) => url.split('?', 1)[0] ?? '';
