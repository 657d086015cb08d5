/** The passwords of users. */
export abstract class CredentialStore {
  /**
   * Returns the password hash of an active user. Undefined when there is no such user, empty when the user has no
   * password.
   */
  abstract findHash(userId: string): Promise<string | undefined>;
  /**
   * Replaces the hash `outdated` by `upgraded`, a hash of the same password in the current format. Sessions continue.
   * Does nothing if the stored hash is no longer `outdated`, or if the user is a superuser (docs/adr/0035).
   */
  abstract upgradeHash(userId: string, outdated: string, upgraded: string): Promise<void>;
  /** Returns the unexpired app password of an active user with this key. */
  abstract findAppPassword(userId: string, key: string): Promise<AppPassword | undefined>;
}

/** An app password without its key. */
export interface AppPassword {
  readonly uuid: string;
  readonly identifier: string;
}
