import type { SavedUser } from '@gatehouse/contracts';

/** A user of the directory, with the properties that `ClaimedUserGuard` checks. */
export interface DirectoryUser extends SavedUser {
  readonly is_superuser: boolean;
  /**
   * Whether the site is not set up yet and the user may set it up: the user is a superuser, and no superuser has or had
   * a password or has logged in (docs/spec/executor.md#setup).
   */
  readonly awaits_setup: boolean;
}

/** Finds users of the directory by uuid. */
export abstract class UserDirectory {
  abstract find(uuid: string): Promise<DirectoryUser | undefined>;
}

/** Looks up which groups users are members of. */
export abstract class GroupMembershipStore {
  /**
   * Returns which of the groups the user is a member of, directly or by a child group (docs/spec/directory.md#groups).
   */
  abstract filterGroups(userId: string, groups: readonly string[]): Promise<ReadonlySet<string>>;
}

/**
 * Grants permits, without which Postgres refuses that a service changes or deletes a superuser, or a superuser's
 * credentials (docs/adr/0035).
 */
export abstract class SuperuserPermits {
  /**
   * Permits `service` one transaction on this user within 30 seconds. Does nothing for a user who is not a superuser.
   */
  abstract grant(userId: string, service: string): Promise<void>;
}
