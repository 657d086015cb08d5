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
  /** Lifetime of the access token in seconds. */
  readonly lifetimeS: number;
}

/** Milliseconds in which the consent service must reply. */
const DEADLINE_MS = 5000;

type Arguments<E extends DeviceOperation> = Omit<DeviceRequest<E>, 'v' | 'timeout_ms'>;

/**
 * Client of the consent service, which stores device codes and their tokens. Sends requests over the bus, and throws a
 * Problem while the service is away. Never repeats a request, because the service may have carried it out already.
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

  /** Refuses the code with the id `claimed` for a user. Does nothing if the user has approved the code. */
  async refuse(user: string, claimed: string): Promise<void> {
    await this.ask('refuse', { user, id: claimed });
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
    // Replaces `stage_fault` by a problem with status 503, after which an OAuth client retries. The status of
    // `stage_fault` is 200, so an OAuth client would mistake it for a token.
    return requestOverBus(this.requester, {
      ...request,
      codes: { stage_fault: 'internal_fault' },
      answeredCode: 'stage_away',
    });
  }
}
