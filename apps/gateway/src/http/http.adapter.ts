import { randomUUID } from 'node:crypto';
import { createServer, METHODS, type RequestListener } from 'node:http';
import { Problem } from '@gatehouse/contracts';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { GatewayConfig } from '../gateway.config.js';
import type { Admission } from './admission/admission.js';
import { type RefusalContext, RefusalWriter } from './admission/refusal-writer.js';
import { registerBodyParsers } from './body.parser.js';
import { rejectConnection } from './client-errors.js';
import { closeIdleConnectionsOnShutdown } from './connection-shutdown.js';
import { decorateCsrfCookie } from './cookie-names.js';
import { CorsPolicy, corsOriginsIn } from './cors.js';
import { hostProblem, requireOneHost } from './host-header.js';
import type { ProblemFilter } from './problem.filter.js';
import { recordRequestSpans } from './request-spans.js';
import { enforceStrictRouting, recordRequestMetrics } from './routing.hooks.js';
import { TLS_ONLY } from './session-cookie.service.js';
import { StandardHeaders } from './standard.headers.js';
import { trustedProxiesIn } from './trusted-proxies.js';
import { handleUpgrades, upgradeOptions } from './upgrades.js';

/** Milliseconds for which an idle connection stays open: longer than the usual minute of load balancers. */
const KEEP_ALIVE_MS = 72_000;
/** Milliseconds between Node's checks for connections whose request arrives too slowly. */
const CONNECTIONS_CHECKED_EVERY_MS = 5000;

const newRequestId = () => randomUUID().replaceAll('-', '');

interface AdapterOptions {
  readonly config: GatewayConfig;
  readonly filter: ProblemFilter;
  readonly admission: Pick<Admission, 'guard'>;
  readonly refusals: Omit<RefusalContext, 'cors'>;
}

/** Creates the HTTP server with the parsers, headers and hooks that apply to all routes. */
export function createFastifyAdapter({ config, filter, admission, refusals }: AdapterOptions): FastifyAdapter {
  const headers = new StandardHeaders({ hstsMaxAgeS: isTlsOnly(config) ? config.HSTS_MAX_AGE_S : undefined });
  const cors = new CorsPolicy(corsOriginsIn(config.CORS_ORIGINS));
  const proxies = trustedProxiesIn(config.TRUSTED_PROXIES);
  const writer = new RefusalWriter(headers, newRequestId, { ...refusals, cors });
  const adapter = new FastifyAdapter({
    ...limitsOf(config),
    // Refuses requests before Fastify sees them, because this costs a fraction of the time of a Fastify response.
    serverFactory: (handle: RequestListener) => {
      const guarded = admission.guard(handle, (...refused) => writer.write(...refused));
      return createServer({ ...connectionLimitsOf(config), ...upgradeOptions }, (request, response) =>
        // A preflight costs as little as a refusal, and the request after the preflight is admitted or refused by its
        // own priority.
        cors.isPreflight(request) ? handle(request, response) : guarded(request, response),
      );
    },
    exposeHeadRoutes: false,
    // While it closes, Fastify still answers requests on open connections, with `Connection: close` and not with 503.
    return503OnClosing: false,
    genReqId: newRequestId,
    // Fastify calls this for a URL that it cannot decode, which reaches no route.
    frameworkErrors: (_error: unknown, request: FastifyRequest, reply: FastifyReply) => {
      headers.set(request, reply);
      filter.answer(hostProblem(request.raw) ?? new Problem('not_found'), request, reply);
    },
    clientErrorHandler: (error, socket) => {
      const requestId = newRequestId();
      rejectConnection(error, socket, { requestId, headers: headers.forRequest(requestId) });
    },
    trustProxy: proxies.length > 0 && proxies,
  });
  addHooks(adapter.getInstance(), config, { headers, cors });
  return adapter;
}

interface HeaderWriters {
  readonly headers: StandardHeaders;
  readonly cors: CorsPolicy;
}

function addHooks(fastify: FastifyInstance, config: GatewayConfig, { headers, cors }: HeaderWriters): void {
  routeEveryMethod(fastify);
  // Ignores an unknown `Expect` header (RFC 9110 §10.1.1). Node's own refusal would lack the standard headers.
  fastify.server.on('checkExpectation', (request, response) => fastify.server.emit('request', request, response));
  handleUpgrades(fastify);
  closeIdleConnectionsOnShutdown(fastify, config.REQUEST_ARRIVAL_S * 1000);
  recordRequestMetrics(fastify);
  recordRequestSpans(fastify, config.TRACEPARENT);
  headers.addTo(fastify);
  requireOneHost(fastify);
  cors.addTo(fastify);
  enforceStrictRouting(fastify, config.API_VERSION);
  registerBodyParsers(fastify, config.BODY_LIMIT_BYTES);
  if (isTlsOnly(config)) fastify.decorate(TLS_ONLY, true);
  decorateCsrfCookie(fastify, config.CSRF_COOKIE);
}

/**
 * Lets routes for all methods (the checks of forward auth) accept every method that Node parses, such as the methods of
 * WebDAV.
 */
function routeEveryMethod(fastify: FastifyInstance): void {
  // CONNECT opens a tunnel and reaches no route.
  const missing = METHODS.filter((method) => method !== 'CONNECT' && !fastify.supportedMethods.includes(method));
  for (const method of missing) fastify.addHttpMethod(method, { hasBody: true });
}

const isTlsOnly = ({ BASE_URL }: GatewayConfig) => BASE_URL.startsWith('https:');

const limitsOf = (config: GatewayConfig) => ({
  bodyLimit: config.BODY_LIMIT_BYTES,
  // The router accepts a slug of any length, so that the lookup of the flow refuses a slug that is too long.
  routerOptions: { ignoreTrailingSlash: true, maxParamLength: 16_384 },
});

const connectionLimitsOf = ({ REQUEST_ARRIVAL_S }: GatewayConfig) => ({
  keepAliveTimeout: KEEP_ALIVE_MS,
  // Node applies the smaller of these two timeouts to the headers, so both must be equal.
  requestTimeout: REQUEST_ARRIVAL_S * 1000,
  headersTimeout: REQUEST_ARRIVAL_S * 1000,
  connectionsCheckingInterval: Math.min(CONNECTIONS_CHECKED_EVERY_MS, REQUEST_ARRIVAL_S * 1000),
  // Node's own refusal of a request without a Host header would lack the standard headers.
  requireHostHeader: false,
});
