import type { FastifyReply, FastifyRequest } from 'fastify';

/** A request and its reply. */
export interface HttpExchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}
