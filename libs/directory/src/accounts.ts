import type { SavedUser } from '@gatehouse/contracts';
import type { UserFields } from './register.js';

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
export type AccountDraft = AccountChange & Pick<UserFields, 'username' | 'is_active' | 'type' | 'path'>;

/** Groups by their ids, or by their names; of those that are not there nothing comes. */
export interface Groups {
  readonly ids: readonly string[];
  readonly names: readonly string[];
}

/** Users as flows make, change and remove them, inside the caller's transaction. A name that is taken fails it. */
export abstract class Accounts {
  abstract create(draft: AccountDraft): Promise<SavedUser>;
  /** Undefined when there is no such user. */
  abstract change(userId: string, change: AccountChange): Promise<SavedUser | undefined>;
  /** Makes a user a member of groups besides those that they are in. */
  abstract join(userId: string, groups: Groups): Promise<void>;
  /** False when there is no such user. Their sessions, groups and tokens go with them. */
  abstract remove(userId: string): Promise<boolean>;
}
