import {
  type ClaimedCode,
  type DeviceClient,
  type DeviceOperation,
  type DeviceReply,
  type DeviceRequest,
  type DeviceToken,
  deviceOperations,
  PROTOCOL_VERSION,
} from '@gatehouse/contracts';
import { Requester, requestOverBus } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { z } from 'zod';

/** A device's request for its token. */
export interface DeviceTokenPoll {
  readonly deviceCode: string;
  readonly clientId: string;
  /** Lifetime of the token in seconds. */
  readonly lifetimeS: number;
}

/** Milliseconds that the service has to answer. */
const DEADLINE_MS = 5000;

type Arguments<E extends DeviceOperation> = Omit<DeviceRequest<E>, 'v' | 'timeout_ms'>;

/**
 * Device codes and their tokens, which the consent service stores. Asks it over the bus and throws a Problem while it is away.
 * Never sends a request twice, because the service may have carried it out.
 */
@Injectable()
export class DeviceGrantClient {
  constructor(@Inject(Requester) private readonly requester: Requester) {}

  /** Returns a new device code and user code. */
  issue(client: DeviceClient, lifetimeS: number): Promise<DeviceReply<'issue'>> {
    return this.ask('issue', { client, lifetime_s: lifetimeS });
  }

  /** Assigns a user code to a user. Returns undefined if the code is unknown, claimed by another user or already decided. */
  async claim(userCode: string, user: string): Promise<ClaimedCode | undefined> {
    return (await this.ask('claim', { user_code: userCode, user })).claimed ?? undefined;
  }

  /** Refuses the codes that a user has claimed and not approved: one of them, or all. */
  async refuse(user: string, claimed?: string): Promise<void> {
    await this.ask('refuse', { user, ...(claimed === undefined ? {} : { id: claimed }) });
  }

  redeem({ deviceCode, clientId, lifetimeS }: DeviceTokenPoll): Promise<DeviceReply<'redeem'>> {
    return this.ask('redeem', { device_code: deviceCode, client_id: clientId, lifetime_s: lifetimeS });
  }

  async findToken(token: string): Promise<DeviceToken | undefined> {
    return (await this.ask('find_token', { access_token: token })).granted ?? undefined;
  }

  private ask<E extends DeviceOperation>(operation: E, values: Arguments<E>): Promise<DeviceReply<E>> {
    const { subject, reply }: { subject: string; reply: z.ZodType } = deviceOperations[operation];
    const body = JSON.stringify({ v: PROTOCOL_VERSION, timeout_ms: DEADLINE_MS, ...values });
    const request = { subject, body, timeoutMs: DEADLINE_MS, reply: reply as z.ZodType<DeviceReply<E>> };
    // An OAuth client retries after 503. It would take the HTTP status of `stage_fault`, which is 200, for a token.
    return requestOverBus(this.requester, {
      ...request,
      codes: { stage_fault: 'internal_fault' },
      answeredCode: 'stage_away',
    });
  }
}
