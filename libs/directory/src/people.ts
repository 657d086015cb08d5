import type { SavedUser } from '@gatehouse/contracts';

type Attributes = Readonly<Record<string, unknown>>;

/** A user as policies see one. */
export interface PolicyUser extends SavedUser {
  readonly attributes: Attributes;
  readonly type: string;
  readonly path: string;
  readonly date_joined: Date;
  readonly last_login: Date | null;
  readonly password_change_date: Date;
  readonly has_usable_password: boolean;
  readonly is_superuser: boolean;
}

/** A group, as far as policies see it. */
export interface GroupRef {
  readonly pk: string;
  readonly name: string;
}

/** Fields and the values they must have. */
export type Filters = Readonly<Record<string, unknown>>;

/** What policies may know of users and groups, and the one thing that they may do to them. */
export abstract class People {
  /** The first users whom all filters fit, at most so many; none when a filter is no field. */
  abstract find(filters: Filters, most: number): Promise<PolicyUser[]>;
  /** The first groups whom all filters fit, at most so many; none when a filter is no field. */
  abstract findGroups(filters: Filters, most: number): Promise<GroupRef[]>;
  /** The groups of a user that all filters fit, where `above` with those above the user's own; none when a filter is no field. */
  abstract findGroupsOf(userId: string, wanted: { above: boolean; filters: Filters }): Promise<GroupRef[]>;
  /** The attributes of all the groups of a user, those above included, and over them the user's own. */
  abstract findGroupAttributes(userId: string): Promise<Attributes>;
  /** When the password of a user was changed; undefined when there is no such user. */
  abstract findPasswordChange(userId: string): Promise<Date | undefined>;
  /** Takes a password away that has not been changed since `changed`. Sessions go on. */
  abstract expirePassword(userId: string, changed: Date): Promise<void>;
}
