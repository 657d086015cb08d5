import type { SessionKey } from '@gatehouse/executor';
import type { PendingSourceLogin } from '@gatehouse/executor-postgres';

/** Logins at sources that are under way. A state is good once, for a while, in the session that it was drawn for. */
export abstract class SourceLogins {
  /** Keeps one, and no more than a few of a session: the oldest go. The key of a session that had to be made for it. */
  abstract open(
    state: string,
    login: PendingSourceLogin,
    sessionKey: Buffer | undefined,
  ): Promise<SessionKey | undefined>;
  /** The login that a state was drawn for, which is over with that; undefined when there is none in this session. */
  abstract take(state: string, sessionKey: Buffer | undefined): Promise<PendingSourceLogin | undefined>;
}
