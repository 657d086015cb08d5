import type { FastifyReply, FastifyRequest } from 'fastify';

/** One HTTP exchange. */
export interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}
