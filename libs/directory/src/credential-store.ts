/** The passwords of users. */
export abstract class CredentialStore {
  /**
   * Returns the password hash of an active user, and hashes whose cost a check takes if the user has no usable hash.
   * `username` is the username, or the name that a visitor typed for an unknown user.
   */
  abstract findPassword(userId: string, username: string): Promise<StoredPassword>;
  /**
   * Replaces the hash `outdated` by `upgraded`, a hash of the same password in the current format. Sessions continue.
   * Does nothing if the stored hash is no longer `outdated`, or if the user is a superuser (docs/adr/0035).
   */
  abstract upgradeHash(userId: string, outdated: string, upgraded: string): Promise<void>;
  /** Returns the unexpired app password of an active user with this key. */
  abstract findAppPassword(userId: string, key: string): Promise<AppPassword | undefined>;
}

/** The stored password of a name, which need not belong to a user. */
export interface StoredPassword {
  /** Undefined when no active user has the id, empty when the user has no password. */
  readonly hash: string | undefined;
  /**
   * Stored hashes, of which a check costs as much as the first one that can be computed (docs/adr/0042). No password
   * matches them.
   */
  readonly standIns: readonly string[];
}

/** An app password without its key. */
export interface AppPassword {
  readonly uuid: string;
  readonly identifier: string;
}
