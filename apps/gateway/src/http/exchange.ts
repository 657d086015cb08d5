import type { FastifyReply, FastifyRequest } from 'fastify';

/** One HTTP exchange. */
export interface HttpExchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}
