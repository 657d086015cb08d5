import type { Problem, ProblemCode } from '@gatehouse/contracts';
import type { Logger } from '@gatehouse/platform';
import type { FastifyRequest } from 'fastify';
import { knownIpOf } from './client.resolver.js';
import { RateLimitProblem } from './rate-limits/network-rate-limiter.js';

/** The log events of requests that were refused for security, by the code of the problem. */
const EVENTS = {
  csrf_failed: 'csrf_refused',
  token_invalid: 'token_refused',
  credentials_in_query: 'secret_in_query',
  permission_denied: 'permission_refused',
} as const satisfies Partial<Record<ProblemCode, string>>;

/**
 * Logs a refusal that may be part of an attack. The only data of the client in the line are its address and its method.
 * The route is the pattern of the path, and the reason is a text of the gateway without its parameters.
 */
export function logRefusal(logger: Pick<Logger, 'event'>, problem: Problem, request: FastifyRequest): void {
  const facts = () => ({
    request_id: request.id,
    client_ip: knownIpOf(request),
    method: request.method,
    route: request.routeOptions.url,
    user: request.principal?.user.uuid,
  });
  if (problem instanceof RateLimitProblem) logger.event('rate_limit_hit', { ...facts(), reason: problem.limit });
  else if (problem.code === 'csrf_failed')
    logger.event(EVENTS.csrf_failed, { ...facts(), reason: problem.detail.text });
  else if (isLogged(problem.code)) logger.event(EVENTS[problem.code], facts());
}

const isLogged = (code: ProblemCode): code is keyof typeof EVENTS => code in EVENTS;
