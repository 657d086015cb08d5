import { randomUUID } from 'node:crypto';
import { Problem } from '@gatehouse/contracts';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { GatewayConfig } from '../gateway.config.js';
import { registerBodyParsers } from './body.parser.js';
import { rejectConnection } from './client-errors.js';
import { closeIdleConnectionsOnShutdown } from './connection-shutdown.js';
import { decorateCsrfCookie } from './cookie-names.js';
import { hostProblem, requireOneHost } from './host-header.js';
import type { ProblemFilter } from './problem.filter.js';
import { enforceStrictRouting, recordRequestMetrics } from './routing.hooks.js';
import { TLS_ONLY } from './session-cookie.service.js';
import { StandardHeaders } from './standard.headers.js';

/** Milliseconds between Node's checks for connections whose request arrives too slowly. */
const CONNECTIONS_CHECKED_EVERY_MS = 5000;

const newRequestId = () => randomUUID().replaceAll('-', '');

/** Creates the HTTP server with the parsers, headers and hooks that apply to all routes. */
export function createFastifyAdapter(config: GatewayConfig, filter: ProblemFilter): FastifyAdapter {
  const tlsOnly = config.BASE_URL.startsWith('https:');
  const headers = new StandardHeaders({ hstsMaxAgeS: tlsOnly ? config.HSTS_MAX_AGE_S : undefined });
  const adapter = new FastifyAdapter({
    ...limitsOf(config),
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
    trustProxy: config.TRUSTED_PROXIES === '' ? false : config.TRUSTED_PROXIES.split(',').map((proxy) => proxy.trim()),
  });
  const fastify = adapter.getInstance();
  // Ignores an unknown `Expect` header (RFC 9110 §10.1.1). Node's own refusal would lack the standard headers.
  fastify.server.on('checkExpectation', (request, response) => fastify.server.emit('request', request, response));
  closeIdleConnectionsOnShutdown(fastify, config.REQUEST_ARRIVAL_S * 1000);
  recordRequestMetrics(fastify);
  headers.addTo(fastify);
  requireOneHost(fastify);
  enforceStrictRouting(fastify);
  registerBodyParsers(fastify, config.BODY_LIMIT_BYTES);
  if (tlsOnly) fastify.decorate(TLS_ONLY, true);
  decorateCsrfCookie(fastify, config.CSRF_COOKIE);
  return adapter;
}

const limitsOf = (config: GatewayConfig) => ({
  bodyLimit: config.BODY_LIMIT_BYTES,
  requestTimeout: config.REQUEST_ARRIVAL_S * 1000,
  // Node applies the smaller of these two timeouts to the headers, so both must be equal.
  http: {
    headersTimeout: config.REQUEST_ARRIVAL_S * 1000,
    connectionsCheckingInterval: CONNECTIONS_CHECKED_EVERY_MS,
    // Node's own refusal of a request without a Host header would lack the standard headers.
    requireHostHeader: false,
  },
  // The router accepts a slug of any length, so that the lookup of the flow refuses a slug that is too long.
  routerOptions: { ignoreTrailingSlash: true, maxParamLength: 16_384 },
});
