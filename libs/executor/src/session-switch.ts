import type { SavedUser } from '@gatehouse/contracts';
import type { SessionKey } from './session-key.js';

/**
 * The switch of the browser to another session of its logins (docs/spec/sessions.md#user-switching). The session before
 * the switch stays alive, but loses its key.
 */
export interface SessionSwitch {
  /** `add` creates the session for the user who logs in. `switch` changes to an existing session. */
  readonly action: 'add' | 'switch';
  /** Id of the session to which the browser changes. */
  readonly session: string;
  /** uuid of the user of the session that the browser leaves. */
  readonly from: string;
  /** The user to whom the browser changes, for `switch`. For `add`, the `login` effect names the user. */
  readonly to: SavedUser | undefined;
  /** Whether the plan has verified the user. */
  readonly isProved: boolean;
  /** Hash of the secret in the switching cookie of the request; `undefined` without one. */
  readonly set: Buffer | undefined;
  /** The new secret of the switching cookie, which the response sends to the browser. */
  readonly newSet: SessionKey;
  /** Lifetime of the new session cookie in seconds; `undefined` for a cookie that lives until the browser closes. */
  readonly maxAgeS: number | undefined;
}
