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
import { type Requester, requestOverBus } from '@gatehouse/platform';
import type { z } from 'zod';
import { DeviceGrants, type DeviceTokenPoll } from './device-grants.js';

/** Milliseconds that the service has to answer. */
const DEADLINE_MS = 5000;

type Arguments<E extends DeviceOperation> = Omit<DeviceRequest<E>, 'v' | 'timeout_ms'>;

/**
 * Device codes and their tokens, kept by the consent service and reached over the bus. Never sends a request twice,
 * because the service may have carried it out.
 */
export class NatsDeviceGrants extends DeviceGrants {
  constructor(private readonly requester: Requester) {
    super();
  }

  issue(client: DeviceClient, lifetimeS: number): Promise<DeviceReply<'issue'>> {
    return this.ask('issue', { client, lifetime_s: lifetimeS });
  }

  async claim(userCode: string, user: string): Promise<ClaimedCode | undefined> {
    return (await this.ask('claim', { user_code: userCode, user })).claimed ?? undefined;
  }

  async refuse(user: string, claimed?: string): Promise<void> {
    await this.ask('refuse', { user, ...(claimed === undefined ? {} : { id: claimed }) });
  }

  redeem({ deviceCode, clientId, lifetimeS }: DeviceTokenPoll): Promise<DeviceReply<'redeem'>> {
    return this.ask('redeem', { device_code: deviceCode, client_id: clientId, lifetime_s: lifetimeS });
  }

  async findToken(token: string): Promise<DeviceToken | undefined> {
    return (await this.ask('find_token', { access_token: token })).granted ?? undefined;
  }

  private ask<E extends DeviceOperation>(errand: E, given: Arguments<E>): Promise<DeviceReply<E>> {
    const { subject, reply }: { subject: string; reply: z.ZodType } = deviceOperations[errand];
    const body = JSON.stringify({ v: PROTOCOL_VERSION, timeout_ms: DEADLINE_MS, ...given });
    const request = { subject, body, timeoutMs: DEADLINE_MS, reply: reply as z.ZodType<DeviceReply<E>> };
    // An OAuth client retries after 503. It would take the HTTP status of `stage_fault`, which is 200, for a token.
    return requestOverBus(this.requester, {
      ...request,
      codes: { stage_fault: 'internal_fault' },
      answeredCode: 'stage_away',
    });
  }
}
