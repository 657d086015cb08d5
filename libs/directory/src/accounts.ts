import type { SavedUser } from '@gatehouse/contracts';
import type { UserFields } from './directory-store.js';

/** What is to be written of a user. Attributes are merged into those that there are, objects into objects. */
export type AccountChange = Partial<
  Pick<UserFields, 'username' | 'name' | 'email' | 'attributes'> & {
    /** Ends all sessions of the user. */
    readonly password_hash: string;
    /** The name of a source that they come from, to be among those that they came from before. */
    readonly source: string | undefined;
  }
>;

/** A user to be made. */
export type NewAccount = AccountChange &
  Pick<UserFields, 'username' | 'is_active' | 'type' | 'path'> & {
    /** The flow that may make it active when its address has been proved there. */
    readonly awaits_flow: string | null;
  };

/** Groups by their ids, or by their names; of those that are not there nothing comes. */
export interface GroupSelection {
  readonly ids: readonly string[];
  readonly names: readonly string[];
}

/** Somebody else is known by this name: it is their username, or their address. */
export class NameTakenError extends Error {}

/**
 * Users as flows make, change and remove them, inside the caller's transaction. A username that is taken fails it. Throws
 * NameTaken for a username that is another's address, and for an address that is another's username. Postgres refuses to
 * change or remove a superuser without a permit of the gateway: `isSuperuserGuard` tells this error.
 */
export abstract class Accounts {
  abstract create(draft: NewAccount): Promise<SavedUser>;
  /** Undefined when there is no such user. */
  abstract change(userId: string, change: AccountChange): Promise<SavedUser | undefined>;
  /** Adds a user to groups. Fails, like a change without a permit, if one of the groups makes superusers. */
  abstract join(userId: string, groups: GroupSelection): Promise<void>;
  /** False when there is no such user. Their sessions, groups and tokens go with them. */
  abstract remove(userId: string): Promise<boolean>;
}
