/** The passwords of users. */
export abstract class CredentialStore {
  /**
   * Returns the password hash of an active user, and the stand-in hashes that are checked in place of a missing or
   * unusable hash. `username` is the username, or the name that a visitor typed for an unknown user.
   */
  abstract findPassword(userId: string, username: string): Promise<StoredPassword>;
  /**
   * Returns the hashes of the last passwords of a user, at most `count`: the present one, if there is one, and the
   * earlier ones that are kept (docs/spec/policies.md#unique-password).
   */
  abstract findPasswordHistory(userId: string, count: number): Promise<string[]>;
  /**
   * Replaces the hash `outdated` by `upgraded`, a hash of the same password in the current format. Sessions continue.
   * Does nothing if the stored hash is no longer `outdated`, or if the user is a superuser (docs/adr/0035).
   */
  abstract upgradeHash(userId: string, outdated: string, upgraded: string): Promise<void>;
  /** Returns the app password whose token has this key, if it has not expired and its user is active. */
  abstract findAppPassword(userId: string, key: string): Promise<AppPassword | undefined>;
}

/** The stored password for a username or a typed name, which need not belong to a user. */
export interface StoredPassword {
  /** The user's hash. Undefined when no active user has the id, empty when the user has no password. */
  readonly hash: string | undefined;
  /**
   * Stored hashes of other users. If `hash` is not usable, the password is compared with the first usable stand-in, so
   * that the check takes as long as for a user with a password. The result of that comparison is ignored
   * (docs/adr/0042).
   */
  readonly standIns: readonly string[];
}

/** An app password without its key. */
export interface AppPassword {
  readonly uuid: string;
  readonly identifier: string;
}
