import {
  type AuthorizationMessage,
  type AuthorizationOperation,
  type AuthorizationReply,
  type AuthorizationRequest,
  authorizationOperations,
  type PendingAuthorization,
  PROTOCOL_VERSION,
  type RedeemedAuthorization,
} from '@gatehouse/contracts';
import { Requester, requestOverBus } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { z } from 'zod';

type Arguments<E extends AuthorizationOperation> = Omit<AuthorizationMessage<E>, 'v' | 'timeout_ms'>;

/** Milliseconds in which the consent service must reply. */
const DEADLINE_MS = 5000;

/**
 * Client of the consent service, which stores authorization requests and codes. Throws a Problem while the service is
 * away. Never repeats a request, because the service may have carried it out already.
 */
@Injectable()
export class AuthorizationGrantClient {
  constructor(@Inject(Requester) private readonly requester: Requester) {}

  /**
   * Stores a request for `lifetimeS` seconds. Returns its reference, or `undefined` if `maxWaiting` requests of its client
   * wait already.
   */
  async push(
    request: AuthorizationRequest,
    { lifetimeS, maxWaiting }: { readonly lifetimeS: number; readonly maxWaiting: number },
  ): Promise<string | undefined> {
    const values = { request, lifetime_s: lifetimeS, max_waiting: maxWaiting };
    return (await this.ask('push', values)).reference ?? undefined;
  }

  /** Returns a client's request that waits for its user. */
  async find(reference: string, clientId: string): Promise<PendingAuthorization | undefined> {
    return (await this.ask('find', { reference, client_id: clientId })).pending ?? undefined;
  }

  /** Deletes a request that waits for its user, and returns it. */
  async refuse(id: string): Promise<AuthorizationRequest | undefined> {
    return (await this.ask('refuse', { id })).refused ?? undefined;
  }

  /** Exchanges a code for an access token, once. */
  async redeem(exchange: Arguments<'redeem'>): Promise<RedeemedAuthorization | undefined> {
    return (await this.ask('redeem', exchange)).redeemed ?? undefined;
  }

  private ask<E extends AuthorizationOperation>(operation: E, values: Arguments<E>): Promise<AuthorizationReply<E>> {
    const { subject, reply }: { subject: string; reply: z.ZodType } = authorizationOperations[operation];
    const body = JSON.stringify({ v: PROTOCOL_VERSION, timeout_ms: DEADLINE_MS, ...values });
    return requestOverBus(this.requester, {
      ...{ subject, body, timeoutMs: DEADLINE_MS, reply: reply as z.ZodType<AuthorizationReply<E>> },
      // A client must not mistake `stage_fault`, whose status is 200, for a reply.
      codes: { stage_fault: 'internal_fault' },
      answeredCode: 'stage_away',
    });
  }
}
