import { type Errors, fieldMessages, interpolate, render } from '@gatehouse/contracts';
import { HttpStatus } from '@nestjs/common';
import type { FastifyReply } from 'fastify';

/** The answer to a body whose fields are wrong, in the form of the API; it sets the status. */
export function sendFieldErrors(reply: FastifyReply, errors: Errors): Record<string, string[]> {
  reply.status(HttpStatus.BAD_REQUEST);
  const said = Object.entries(errors).map(([field, messages]) => [
    field,
    messages.map((message) => render(message, interpolate, fieldMessages).string),
  ]);
  return Object.fromEntries(said) as Record<string, string[]>;
}
