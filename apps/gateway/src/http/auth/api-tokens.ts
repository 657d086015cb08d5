import type { CurrentUser } from '../../sessions/sessions.js';

/** API tokens: what a client shows that has no session. */
export abstract class Tokens {
  /** The active user of the API token `key`, unless it has expired, whoever cleans up. */
  abstract findUser(key: string): Promise<CurrentUser | undefined>;
}
