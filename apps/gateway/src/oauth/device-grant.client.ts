import {
  type ClaimedCode,
  type DeviceClient,
  type DeviceOperation,
  type DeviceReply,
  type DeviceRequest,
  type DeviceToken,
  deviceOperations,
  PROTOCOL_VERSION,
  Problem,
  stageProblem,
} from '@gatehouse/contracts';
import { type NatsRequester, NatsUnavailableError, NoRespondersError, RequestTimeoutError } from '@gatehouse/platform';
import { DeviceGrants, type DeviceTokenPoll } from './device-grants.js';

/** Milliseconds that the service has. */
const DEADLINE_MS = 5000;

type OperationInput<E extends DeviceOperation> = Omit<DeviceRequest<E>, 'v' | 'timeout_ms'>;

/** Codes of devices and their tokens, over NATS. What is asked once is never asked again: it may have been done. */
export class NatsDeviceGrants extends DeviceGrants {
  constructor(private readonly requester: NatsRequester) {
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

  private async ask<E extends DeviceOperation>(errand: E, said: OperationInput<E>): Promise<DeviceReply<E>> {
    const { subject, reply } = deviceOperations[errand];
    const body = JSON.stringify({ v: PROTOCOL_VERSION, timeout_ms: DEADLINE_MS, ...said });
    const data = await this.requester.request(subject, body, DEADLINE_MS).catch((cause: unknown) => {
      if (cause instanceof NatsUnavailableError) throw new Problem('bus_down', { cause });
      if (cause instanceof NoRespondersError) throw new Problem('stage_away', { cause });
      if (cause instanceof RequestTimeoutError) throw new Problem('stage_timeout', { cause });
      throw cause;
    });
    const said_ = JSON.parse(Buffer.from(data).toString()) as unknown;
    if (stageProblem.safeParse(said_).success) throw new Problem('stage_away');
    return reply.parse(said_) as DeviceReply<E>;
  }
}
