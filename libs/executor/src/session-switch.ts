import type { SavedUser } from '@gatehouse/contracts';
import type { SessionKey } from './session-key.js';

/**
 * The switch of the browser to another session of its logins (docs/spec/sessions.md#user-switching). The session before
 * the switch stays alive, but loses its key.
 */
export interface SessionSwitch {
  /** `add`: the session is made for the user who logs in. `switch`: it is live already. */
  readonly action: 'add' | 'switch';
  /** Id of the session to which the browser changes. */
  readonly session: string;
  /** uuid of the user of the session that the browser leaves. */
  readonly from: string;
  /** The user to whom the browser changes, for `switch`; the effect of the login names the added user. */
  readonly to: SavedUser | undefined;
  /** Whether the plan has verified the user. */
  readonly isProved: boolean;
  /** Hash of the secret in the switching cookie of the request; `undefined` without one. */
  readonly set: Buffer | undefined;
  /** The new secret of the set, which the response gives to the browser. */
  readonly newSet: SessionKey;
  /** Lifetime of the new session cookie in seconds; `undefined` for a cookie that lives until the browser closes. */
  readonly maxAgeS: number | undefined;
}
