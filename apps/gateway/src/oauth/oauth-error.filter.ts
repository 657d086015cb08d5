import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { OauthError } from './oauth-error.js';
import { oauthError } from './oauth-responses.js';

/** Responds to an OauthError with the error body of OAuth. */
@Catch(OauthError)
export class OauthErrorFilter implements ExceptionFilter<OauthError> {
  catch({ error, description }: OauthError, host: ArgumentsHost): void {
    const [request, reply] = host.getArgs<[FastifyRequest, FastifyReply]>();
    void reply.send(oauthError({ request, reply }, error, description));
  }
}
