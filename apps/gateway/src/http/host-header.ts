import type { IncomingMessage } from 'node:http';
import { Problem } from '@gatehouse/contracts';
import type { FastifyInstance } from 'fastify';

/**
 * Returns the problem of a request with an ambiguous host (RFC 9112 §3.2): several Host headers, or none in HTTP/1.1. A
 * proxy and the gateway could attribute such a request to different sites.
 */
export function hostProblem({ httpVersion, rawHeaders }: IncomingMessage): Problem | undefined {
  const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length;
  if (hosts === 1 || (hosts === 0 && httpVersion === '1.0')) return undefined;
  return new Problem('malformed_http', { detail: 'A request must have exactly one Host header.' });
}

/** Refuses every request with an ambiguous host. Must be called before routes are registered. */
export function requireOneHost(fastify: FastifyInstance) {
  fastify.addHook('onRequest', ({ raw }, _reply, done) => done(hostProblem(raw)));
}
