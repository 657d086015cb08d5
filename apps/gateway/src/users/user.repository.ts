import type { Identity } from '@gatehouse/executor';
import { attributesColumn } from '@gatehouse/executor-postgres';
import { type NamedStatement, runNamed } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { isPk } from '../http/identifiers.js';

/** A logged-in user with the fields that users may see of themselves. */
export interface AuthenticatedUser extends Identity {
  readonly type: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly groups: readonly { readonly pk: string; readonly name: string }[];
}

/** An active user, with further data that applications may read. */
export interface ActiveUser extends AuthenticatedUser {
  /** Whether the user is recorded as the owner of the address (docs/spec/directory.md#verified-addresses). */
  readonly email_verified: boolean;
}

/** The user whose objects a list is restricted to. */
export type UserReference = { readonly pk: number } | { readonly username: string };

/** Columns of an AuthenticatedUser, selected from `directory.identities u`. $2 says whether to load attributes. */
export const AUTHENTICATED_USER_COLUMNS = `u.id AS uuid, u.pk, u.username, u.name, u.email, u.is_active, u.epoch, u.locale,
  u.is_superuser, u.debug, u.type, ${attributesColumn('u.id', '$2')}, u.settings, u.groups`;

/** A row of AUTHENTICATED_USER_COLUMNS. */
export type AuthenticatedUserRow = Omit<AuthenticatedUser, 'kind'>;

const BY_PK = { name: 'owner_by_pk', text: 'SELECT id FROM directory.identities WHERE pk = $1' };
const FIND_BY_PK = {
  name: 'user_by_pk',
  text: `SELECT ${AUTHENTICATED_USER_COLUMNS} FROM directory.identities u WHERE u.pk = $1 AND NOT $2`,
};
const BY_USERNAME = { name: 'owner_by_username', text: 'SELECT id FROM directory.identities WHERE username = $1' };
/**
 * Ranks of verified addresses in `directory.email_rank`. An empty address has such a rank too, so it is excluded here.
 */
const EMAIL_VERIFIED = `u.email <> '' AND u.email_rank IN (0, 2) AS email_verified`;
/** Selects an active user. $1 uuid of the user, $2 false (loads no attributes), $3 epoch that the user must have. */
const FIND_ACTIVE = {
  name: 'grantor_find',
  text: `SELECT ${AUTHENTICATED_USER_COLUMNS}, ${EMAIL_VERIFIED}
    FROM directory.identities u WHERE u.id = $1 AND u.is_active AND u.epoch = $3`,
};

/** Users, in the view `directory.identities`, which has no password hashes. */
@Injectable()
export class UserRepository {
  constructor(@Inject(DataSource) private readonly source: DataSource) {}

  /** Returns the uuid of a user, or undefined if there is none. */
  async findId(reference: UserReference): Promise<string | undefined> {
    const [statement, value] = 'pk' in reference ? [BY_PK, reference.pk] : [BY_USERNAME, reference.username];
    return (await runNamed<{ id: string }>(this.source, statement, [value])).rows[0]?.id;
  }

  /** Returns a user, also an inactive one, or undefined if there is none. */
  async find(pk: number): Promise<AuthenticatedUser | undefined> {
    if (!isPk(pk)) return undefined;
    const { rows } = await runNamed<AuthenticatedUserRow>(this.source, FIND_BY_PK, [pk, false]);
    return rows[0] && { ...rows[0], kind: 'saved' };
  }

  /**
   * Returns an active user. Returns undefined if the user is disabled, or if the user's epoch has changed because all
   * sessions were ended.
   */
  async findActive({ uuid, epoch }: Pick<Identity, 'uuid' | 'epoch'>): Promise<ActiveUser | undefined> {
    const { rows } = await runNamed<Omit<ActiveUser, 'kind'>>(this.source, FIND_ACTIVE, [uuid, false, epoch]);
    return rows[0] && { ...rows[0], kind: 'saved' };
  }
}

/**
 * Returns a function that chooses between two statements: one selects the rows of the user $1, the other the rows of
 * all users ($1 is null). Postgres plans a named statement without its values, so a single statement for both could not
 * use the index on the user column.
 */
export function perUserStatement(name: string, column: string, text: (condition: string) => string) {
  const ofOneUser: NamedStatement = { name: `${name}_of_one`, text: text(`${column} = $1`) };
  const ofAllUsers: NamedStatement = { name: `${name}_of_all`, text: text('$1::uuid IS NULL') };
  return (user: string | undefined) => (user === undefined ? ofAllUsers : ofOneUser);
}
