import type { Identity } from './plans.js';

/** A logged-in user as they may see themselves. */
export interface Self extends Identity {
  readonly type: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly groups: readonly { readonly pk: string; readonly name: string }[];
}

/** Who is logged in where. */
export abstract class Sessions {
  /** The active user of a session that has not expired; a retired key is nobody's. */
  abstract findUser(sessionKey: Buffer): Promise<Self | undefined>;
}
