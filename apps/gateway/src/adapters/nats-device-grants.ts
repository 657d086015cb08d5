import {
  type ClaimedCode,
  type DeviceClient,
  type DeviceErrand,
  type DeviceReply,
  type DeviceRequest,
  type DeviceToken,
  deviceErrands,
  PROTOCOL_VERSION,
  Problem,
  stageProblem,
} from '@gatehouse/contracts';
import { BusDown, type NatsRequester, NoResponders, RequestTimeout } from '@gatehouse/platform';
import { DeviceGrants, type DevicePoll } from '../execution/device-grants.js';

/** Milliseconds that the service has. */
const DEADLINE_MS = 5000;

type Said<E extends DeviceErrand> = Omit<DeviceRequest<E>, 'v' | 'timeout_ms'>;

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

  redeem({ deviceCode, clientId, lifetimeS }: DevicePoll): Promise<DeviceReply<'redeem'>> {
    return this.ask('redeem', { device_code: deviceCode, client_id: clientId, lifetime_s: lifetimeS });
  }

  async findToken(token: string): Promise<DeviceToken | undefined> {
    return (await this.ask('find_token', { access_token: token })).granted ?? undefined;
  }

  private async ask<E extends DeviceErrand>(errand: E, said: Said<E>): Promise<DeviceReply<E>> {
    const { subject, reply } = deviceErrands[errand];
    const body = JSON.stringify({ v: PROTOCOL_VERSION, timeout_ms: DEADLINE_MS, ...said });
    const data = await this.requester.request(subject, body, DEADLINE_MS).catch((cause: unknown) => {
      if (cause instanceof BusDown) throw new Problem('bus_down', { cause });
      if (cause instanceof NoResponders) throw new Problem('stage_away', { cause });
      if (cause instanceof RequestTimeout) throw new Problem('stage_timeout', { cause });
      throw cause;
    });
    const said_ = JSON.parse(Buffer.from(data).toString()) as unknown;
    if (stageProblem.safeParse(said_).success) throw new Problem('stage_away');
    return reply.parse(said_) as DeviceReply<E>;
  }
}
