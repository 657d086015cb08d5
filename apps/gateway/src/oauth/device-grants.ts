import type { ClaimedCode, DeviceClient, DeviceReply, DeviceToken } from '@gatehouse/contracts';

/** A device that asks for its token. */
export interface DeviceTokenPoll {
  readonly deviceCode: string;
  readonly clientId: string;
  /** Seconds that the token lasts. */
  readonly lifetimeS: number;
}

/** What the service that keeps codes of devices is asked. Everything here throws Problem when it is away. */
export abstract class DeviceGrants {
  abstract issue(client: DeviceClient, lifetimeS: number): Promise<DeviceReply<'issue'>>;
  /** Undefined unless the code is there and nobody else's, and nothing was decided about it. */
  abstract claim(userCode: string, user: string): Promise<ClaimedCode | undefined>;
  /** Refuses what somebody has claimed and not approved: one device's, or all. */
  abstract refuse(user: string, claimed?: string): Promise<void>;
  abstract redeem(poll: DeviceTokenPoll): Promise<DeviceReply<'redeem'>>;
  abstract findToken(token: string): Promise<DeviceToken | undefined>;
}
