import {
  AUTHORIZATION_QUEUE,
  type AuthorizationMessage,
  type AuthorizationOperation,
  type AuthorizationReply,
  authorizationOperations,
  type StageProblem,
} from '@gatehouse/contracts';
import { Logger, MALFORMED } from '@gatehouse/platform';
import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { AuthorizationStore } from './authorization-store.js';

const QUEUE = { queue: AUTHORIZATION_QUEUE };
type OperationReply<E extends AuthorizationOperation> = Promise<AuthorizationReply<E> | StageProblem>;

/** Handles the requests of the gateway's OAuth endpoints about authorization requests and codes. */
@Controller()
export class AuthorizationController {
  private readonly logger = new Logger();

  constructor(@Inject(AuthorizationStore) private readonly authorizations: AuthorizationStore) {}

  @MessagePattern(authorizationOperations.push.subject, QUEUE)
  push(@Payload() body: unknown): OperationReply<'push'> {
    return this.handle('push', body, async ({ request, lifetime_s: lifetimeS, max_waiting: maxWaiting }) => ({
      reference: (await this.authorizations.push(request, { lifetimeS, maxWaiting })) ?? null,
    }));
  }

  @MessagePattern(authorizationOperations.find.subject, QUEUE)
  find(@Payload() body: unknown): OperationReply<'find'> {
    return this.handle('find', body, async ({ reference, client_id }) => ({
      pending: (await this.authorizations.find(reference, client_id)) ?? null,
    }));
  }

  @MessagePattern(authorizationOperations.refuse.subject, QUEUE)
  refuse(@Payload() body: unknown): OperationReply<'refuse'> {
    return this.handle('refuse', body, async ({ id }) => ({ refused: (await this.authorizations.refuse(id)) ?? null }));
  }

  @MessagePattern(authorizationOperations.redeem.subject, QUEUE)
  redeem(@Payload() body: unknown): OperationReply<'redeem'> {
    return this.handle('redeem', body, async ({ code, client_id: clientId, lifetime_s: lifetimeS, ...rest }) => {
      const exchange = {
        code,
        clientId,
        lifetimeS,
        redirectUri: rest.redirect_uri,
        codeChallenge: rest.code_challenge,
      };
      return { redeemed: (await this.authorizations.redeem(exchange)) ?? null };
    });
  }

  /**
   * Validates a request and runs `work`. Its replies contain no error detail, because the detail could contain a code
   * or a token.
   */
  private async handle<E extends AuthorizationOperation>(
    operation: E,
    body: unknown,
    work: (request: AuthorizationMessage<E>) => Promise<AuthorizationReply<E>>,
  ): OperationReply<E> {
    const request = authorizationOperations[operation].request.safeParse(body === MALFORMED ? undefined : body);
    if (!request.success) return { problem: { code: 'stage_bad_request' } };
    try {
      return await work(request.data as AuthorizationMessage<E>);
    } catch (error) {
      this.logger.event('authorization_failed', { operation, error });
      return { problem: { code: 'stage_fault' } };
    }
  }
}
