import type { SavedUser } from '@gatehouse/contracts';

/** A user as the directory has them, and what decides whether a service's word is enough for them. */
export interface DirectoryUser extends SavedUser {
  readonly is_superuser: boolean;
  /** Has no password and has never logged in: the administrator of a new installation. */
  readonly is_unclaimed: boolean;
}

/** Looks users up whom nobody has verified. */
export abstract class UserDirectory {
  abstract find(uuid: string): Promise<DirectoryUser | undefined>;
}

/** Who belongs to which groups. */
export abstract class GroupMembershipStore {
  /** Those of the groups that a user is in, or in a group below them (docs/spec/directory.md#groups). */
  abstract filterGroups(userId: string, groups: readonly string[]): Promise<ReadonlySet<string>>;
}

/**
 * Permits for stages that change or delete a superuser, or change how one logs in: Postgres refuses that to every service
 * without one (docs/adr/0035).
 */
export abstract class SuperuserPermits {
  /**
   * Permits `service` one transaction on this user within half a minute. Does nothing for a user who is not a superuser.
   */
  abstract grant(userId: string, service: string): Promise<void>;
}
