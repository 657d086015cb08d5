import type { ClaimedCode, DeviceClient, DeviceReply, DeviceToken } from '@gatehouse/contracts';

/** The device code and the user code of a new request. */
export type IssuedCodes = DeviceReply<'issue'>;
/** An access token, or an error code of RFC 8628. */
export type Redemption = DeviceReply<'redeem'>;

/** A user's approval of a device. The user has claimed its code before. */
export interface DeviceApproval {
  readonly claimed: string;
  readonly user: { readonly uuid: string; readonly epoch: number };
  /** Scopes that the user consents to. The device gets no other scope. */
  readonly scopes: readonly string[];
}

/** A device's request for its token. */
export interface TokenPoll {
  readonly deviceCode: string;
  readonly clientId: string;
  /** Lifetime of the token, in seconds. */
  readonly lifetimeS: number;
}

/** Stores device codes and access tokens. Never returns an expired code or token, even before its row is deleted. */
export abstract class DeviceCodeStore {
  /** Creates a device code and a user code. */
  abstract issue(client: DeviceClient, lifetimeS: number): Promise<IssuedCodes>;
  /**
   * Claims a user code for the first user who enters it. Returns `undefined` for other users, and after approval or
   * refusal.
   */
  abstract claim(userCode: string, user: string): Promise<ClaimedCode | undefined>;
  /** Returns whether the user has claimed the code, and the code is not yet approved, refused or expired. */
  abstract isOpen(claimed: string, user: string): Promise<boolean>;
  /** Approves a device. Returns `false` if the code is no longer open. Idempotent for each request `id`. */
  abstract approve(id: string, approval: DeviceApproval): Promise<boolean>;
  /** Returns whether the request `id` has approved a device. */
  abstract isApproved(id: string): Promise<boolean>;
  /**
   * Refuses the code `claimed`, or all open codes that the user has claimed, and returns the number of refused codes.
   */
  abstract refuse(user: string, claimed?: string): Promise<number>;
  /**
   * Creates the token of an approved code and deletes the code. Only one of several concurrent polls gets the token.
   */
  abstract redeem(poll: TokenPoll): Promise<Redemption>;
  /** Returns the client and the user of an access token, or `undefined` if the token is not valid. */
  abstract findToken(token: string): Promise<DeviceToken | undefined>;
}
