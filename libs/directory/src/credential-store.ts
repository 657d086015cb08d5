/** What a user proves themselves with. Hashes never leave the house. */
export abstract class CredentialStore {
  /** The stored password hash of an active user; undefined when there is no such user. Empty when the user has no password. */
  abstract findHash(userId: string): Promise<string | undefined>;
  /**
   * Replaces the hash `outdated` by a current one of the same password. Sessions stay. Does nothing if the password was
   * changed since, or if the user is a superuser (docs/adr/0035).
   */
  abstract upgradeHash(userId: string, outdated: string, upgraded: string): Promise<void>;
  /** The app password of an active user whose key is `key` and that has not expired. */
  abstract findAppPassword(userId: string, key: string): Promise<AppPassword | undefined>;
}

export interface AppPassword {
  readonly uuid: string;
  readonly identifier: string;
}
