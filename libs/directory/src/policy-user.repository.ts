import { createHash } from 'node:crypto';
import type { SavedUser } from '@gatehouse/contracts';
import { type NamedStatement, runNamed } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { overlayAttributes } from './attributes.js';

type Attributes = Readonly<Record<string, unknown>>;

/** The fields of a user that policies can read. */
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

/** The fields of a group that policies can read. */
export interface GroupRef {
  readonly pk: string;
  readonly name: string;
}

/**
 * The values that a user or group must have, by field name. A field name may end in `__exact`, or in `__iexact` to
 * ignore upper and lower case.
 */
export type Filters = Readonly<Record<string, unknown>>;

const COLUMNS = `u.id AS uuid, u.pk, u.username, u.name, u.email, u.is_active, u.epoch, u.type, u.path, u.attributes,
  u.date_joined, u.last_login, u.password_changed_at AS password_change_date,
  directory.has_usable_password(u.id) AS has_usable_password,
  CASE WHEN jsonb_typeof(u.attributes#>'{settings,locale}') = 'string'
       THEN u.attributes#>>'{settings,locale}' ELSE '' END AS locale,
  directory.is_superuser(u.id) AS is_superuser`;

/**
 * SQL expressions of the fields that filters may name. Values are compared as text, except with a column in KEYS, so
 * that its index is used.
 */
const USER_FIELDS: Readonly<Record<string, string>> = {
  pk: 'u.pk',
  id: 'u.pk',
  uuid: 'u.id',
  username: 'u.username::text',
  email: 'u.email::text',
  name: 'u.name',
  type: 'u.type',
  path: 'u.path',
  is_active: 'u.is_active::text',
};
const GROUP_FIELDS: Readonly<Record<string, string>> = {
  pk: 'g.id',
  group_uuid: 'g.id',
  name: 'g.name',
  is_superuser: 'g.is_superuser::text',
};

const GROUP_ATTRIBUTES: NamedStatement = {
  name: 'people.group_attributes',
  text: `SELECT attributes FROM directory.groups_of($1) ORDER BY name, id`,
};
const OWN_ATTRIBUTES: NamedStatement = {
  name: 'people.attributes',
  text: 'SELECT attributes FROM directory.users WHERE id = $1',
};
const PASSWORD_CHANGE: NamedStatement = {
  name: 'people.password_change',
  text: 'SELECT password_changed_at AS at FROM directory.users WHERE id = $1',
};
/** Makes a user's password unusable, unless it was changed after a time. $1 UUID of the user, $2 the time. */
const EXPIRE: NamedStatement = { name: 'people.expire_password', text: 'SELECT directory.expire_password($1, $2)' };

/** Reads users and groups for policies. Its only write expires a password. */
export class PolicyUserRepository {
  constructor(private readonly source: DataSource) {}

  /** Returns the first users that match all filters, at most `limit`. Undefined for a filter that is not supported. */
  async find(filters: Filters, limit: number): Promise<PolicyUser[] | undefined> {
    const where = conditionsOf(filters, USER_FIELDS, 2);
    if (!where) return undefined;
    const text = `SELECT ${COLUMNS} FROM directory.users u WHERE ${where.sql} ORDER BY u.pk LIMIT $1`;
    const { rows } = await runNamed<Omit<PolicyUser, 'kind'>>(this.source, { name: where.name('people.find'), text }, [
      ...[limit, ...where.values],
    ]);
    return rows.map((row) => ({ kind: 'saved', ...row }));
  }

  /** Returns the first groups that match all filters, at most `limit`. Undefined for a filter that is not supported. */
  async findGroups(filters: Filters, limit: number): Promise<GroupRef[] | undefined> {
    const where = conditionsOf(filters, GROUP_FIELDS, 2);
    if (!where) return undefined;
    const text = `SELECT g.id AS pk, g.name FROM directory.groups g WHERE ${where.sql} ORDER BY g.name, g.id LIMIT $1`;
    const { rows } = await runNamed<GroupRef>(this.source, { name: where.name('people.find_groups'), text }, [
      ...[limit, ...where.values],
    ]);
    return rows;
  }

  /**
   * Returns the user's groups that match all filters. With `above`, their parent groups are included. Returns an empty
   * list without a user. Undefined for a filter that is not supported.
   */
  async findGroupsOf(
    userId: string | undefined,
    { above, filters }: { above: boolean; filters: Filters },
  ): Promise<GroupRef[] | undefined> {
    const where = conditionsOf(filters, GROUP_FIELDS, 3);
    if (!where) return undefined;
    const text = `SELECT g.id AS pk, g.name FROM directory.groups_of($1) g WHERE (g.direct OR $2) AND ${where.sql} ORDER BY g.name, g.id`;
    const { rows } = await runNamed<GroupRef>(this.source, { name: where.name('people.groups_of'), text }, [
      ...[userId, above],
      ...where.values,
    ]);
    return rows;
  }

  /**
   * Returns the attributes of all groups of a user, including parent groups, overlaid with the attributes of the user.
   */
  async findGroupAttributes(userId: string): Promise<Attributes> {
    const groups = await runNamed<{ attributes: Attributes }>(this.source, GROUP_ATTRIBUTES, [userId]);
    const own = await runNamed<{ attributes: Attributes }>(this.source, OWN_ATTRIBUTES, [userId]);
    return [...groups.rows, ...own.rows].reduce<Attributes>(
      (merged, { attributes }) => overlayAttributes(merged, attributes),
      {},
    );
  }

  /** Returns the time of the last password change. Undefined when there is no such user. */
  async findPasswordChange(userId: string): Promise<Date | undefined> {
    const { rows } = await runNamed<{ at: Date }>(this.source, PASSWORD_CHANGE, [userId]);
    return rows[0]?.at;
  }

  /** Makes the password of a user unusable, unless it was changed after `unlessChangedSince`. Sessions continue. */
  async expirePassword(userId: string, unlessChangedSince: Date): Promise<void> {
    await runNamed(this.source, EXPIRE, [userId, unlessChangedSince]);
  }
}

/**
 * Returns the WHERE condition of filters, with parameters from `$first` on, and the suffix for the name of a statement
 * with this condition. Returns undefined for an unknown field or a value that is not a string, number, boolean or null.
 * A null matches no row.
 */
function conditionsOf(filters: Filters, fields: Readonly<Record<string, string>>, first: number) {
  const names = Object.keys(filters).sort();
  const values = names.map((name) => filters[name]);
  const areFieldsKnown = names.every((name) => FILTER_NAME.test(name) && Object.hasOwn(fields, fieldOf(name)));
  if (!areFieldsKnown || !values.every((value) => value === null || SCALAR_TYPES.has(typeof value))) return undefined;
  const sql = names.map((name, i) => comparison(name, fields[fieldOf(name)] as string, first + i)).join(' AND ');
  return {
    sql: sql || 'true',
    values: values.map((value) => (value === null ? null : String(value))),
    // A digest, because Postgres truncates long statement names.
    name: (base: string) => `${base}.${createHash('sha256').update(sql).digest('hex').slice(0, 16)}`,
  };
}

/** Type and text pattern of each key column. A text that does not match the pattern equals no key. */
const KEYS: Readonly<Record<string, readonly [type: string, pattern: string]>> = {
  'u.pk': ['bigint', '^(0|[1-9][0-9]{0,17})$'],
  'u.id': ['uuid', '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'],
  'g.id': ['uuid', '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'],
};

const SCALAR_TYPES: ReadonlySet<string> = new Set(['string', 'number', 'boolean']);
const FILTER_NAME = /^[a-z_]+?(__(exact|iexact))?$/;
const fieldOf = (name: string) => name.replace(/__(exact|iexact)$/, '');

function comparison(name: string, sql: string, index: number): string {
  const value = `$${index}::text`;
  const key = KEYS[sql];
  const ignoresCase = name.endsWith('__iexact');
  if (!key) return ignoresCase ? `lower(${sql}) = lower(${value})` : `${sql} = ${value}`;
  const [type, pattern] = key;
  const text = ignoresCase ? `lower(${value})` : value;
  return `${sql} = CASE WHEN ${text} ~ '${pattern}' THEN ${text}::${type} END`;
}
