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
