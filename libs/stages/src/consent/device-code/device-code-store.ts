import type { ClaimedCode, DeviceClient, DeviceReply, DeviceToken } from '@gatehouse/contracts';

/** What a device is given to show and to ask with. */
export type IssuedCodes = DeviceReply<'issue'>;
/** A token, or why there is none. */
export type Redemption = DeviceReply<'redeem'>;

/** Somebody's yes to a device whose code they have claimed. */
export interface DeviceApproval {
  readonly claimed: string;
  readonly user: { readonly uuid: string; readonly epoch: number };
  /** What was said yes to; the device gets nothing else. */
  readonly scopes: readonly string[];
}

/** A device that asks for its token. */
export interface TokenPoll {
  readonly deviceCode: string;
  readonly clientId: string;
  /** Seconds that the token lasts. */
  readonly lifetimeS: number;
}

/** Devices that wait to be let in, and the tokens they are given; what has expired is not there, whoever cleans it up. */
export abstract class DeviceCodeStore {
  abstract issue(client: DeviceClient, lifetimeS: number): Promise<IssuedCodes>;
  /** The first to claim a user code has it; undefined for anybody else, and once it was decided about. */
  abstract claim(userCode: string, user: string): Promise<ClaimedCode | undefined>;
  /** Whether somebody may still decide about what they have claimed. */
  abstract isOpen(claimed: string, user: string): Promise<boolean>;
  /** False when there is nothing to approve any more. Asked twice under one id, it approves once and answers alike. */
  abstract approve(id: string, approval: DeviceApproval): Promise<boolean>;
  /** Refuses what somebody has claimed and not approved: one device's, or all; says how many. */
  abstract refuse(user: string, claimed?: string): Promise<number>;
  /** Of two polls at once, one gets the token. */
  abstract redeem(poll: TokenPoll): Promise<Redemption>;
  abstract findToken(token: string): Promise<DeviceToken | undefined>;
}
