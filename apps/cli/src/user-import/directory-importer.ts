import { randomUUID } from 'node:crypto';
import { claimUsernameKeys } from '@gatehouse/directory';
import type { DataSource } from 'typeorm';
import type { ImportedGroup, ImportedUser } from './export-lines.js';

/** The sequence of `pk`. */
const PKS = `pg_get_serial_sequence('directory.users', 'pk')::regclass`;

/** A user with the password hash to store. */
export type UserToImport = ImportedUser & { readonly hash: string };

/** A user whom a batch has inserted. */
interface AddedUser {
  readonly id: string;
  readonly username: string;
  /** Whether the user got another `pk` than in the export. */
  readonly otherPk: boolean;
}

/** The users of a batch that were new. */
interface AddedUsers {
  readonly count: number;
  /** Number of these users who got another `pk` than in the export. */
  readonly otherPk: number;
}

/**
 * Inserts new users and returns their ids and names, with whether they got another `pk` than in the export. Addresses
 * of active users count as verified. Leaves a user with an existing name or id unchanged, so the first of several lines
 * with one name or id counts. A user keeps the `pk` unless another user has it. $1 array of users (JSON).
 */
const USERS = `
  WITH export AS (
    SELECT *, row_number() OVER (PARTITION BY pk ORDER BY line) AS place
    FROM ROWS FROM (jsonb_to_recordset($1::jsonb) AS (uuid uuid, pk integer, username text, name text, email text,
      is_active boolean, hash text, type text, path text, attributes jsonb, last_login timestamptz,
      date_joined timestamptz, password_change_date timestamptz)) WITH ORDINALITY AS u (uuid, pk, username, name, email,
      is_active, hash, type, path, attributes, last_login, date_joined, password_change_date, line)
    WHERE NOT EXISTS (SELECT FROM directory.users known WHERE known.id = uuid OR lower(known.username) = lower(u.username))
  ), added AS (
    INSERT INTO directory.users (id, pk, username, name, email, verified_email, is_active, password_hash, type, path,
      attributes, last_login, date_joined, password_changed_at)
    OVERRIDING SYSTEM VALUE
    SELECT u.uuid,
      CASE WHEN u.pk IS NULL OR u.pk = 0 OR u.place > 1 OR EXISTS (SELECT FROM directory.users other WHERE other.pk = u.pk)
        THEN nextval(${PKS}) ELSE u.pk END,
      u.username, u.name, u.email, CASE WHEN u.is_active THEN u.email ELSE '' END,
      u.is_active, u.hash, u.type, u.path, u.attributes,
      u.last_login, coalesce(u.date_joined, now()), coalesce(u.password_change_date, now())
    FROM export u ORDER BY u.line
    ON CONFLICT DO NOTHING RETURNING id, username, pk
  )
  SELECT id, username, NOT EXISTS (
    SELECT FROM export WHERE export.uuid = added.id AND export.username = added.username AND export.pk = added.pk) AS "otherPk"
  FROM added`;

/**
 * Lets the sequence continue after a `pk`. $1 largest `pk` of the export. A caller must hold LOCK_USERS, because a
 * concurrent insert could otherwise take a number between the read and the write.
 */
const RESERVE_PKS = `
  SELECT setval(s.name, $1) FROM (SELECT ${PKS} AS name) AS s
  WHERE $1 > coalesce(pg_sequence_last_value(s.name), 0)`;
/** Waits for inserts of users, and blocks them until the end of the transaction. */
const LOCK_USERS = 'LOCK TABLE directory.users IN SHARE ROW EXCLUSIVE MODE';
/** Lets one import at a time insert users, so that two imports cannot choose the same `pk`. */
const LOCK_IMPORTS = `SELECT pg_advisory_xact_lock(hashtext('gatehouse user import'))`;

/** Adds users to groups that exist. $1 array (JSON) of pairs: the id of a user and the id of a group. */
const MEMBERSHIPS = `
  INSERT INTO directory.user_groups (user_id, group_id)
  SELECT m."user", g.id FROM jsonb_to_recordset($1::jsonb) AS m ("user" uuid, "group" uuid)
  JOIN directory.groups g ON g.id = m."group"
  ON CONFLICT DO NOTHING`;

/** Inserts new groups and returns their ids. Leaves existing groups unchanged. $1 array of groups (JSON). */
const GROUPS = `
  INSERT INTO directory.groups (id, name, is_superuser, attributes)
  SELECT g.id, g.name, g.is_superuser, g.attributes
  FROM jsonb_to_recordset($1::jsonb) AS g (id uuid, name text, is_superuser boolean, attributes jsonb)
  ON CONFLICT DO NOTHING RETURNING id`;

/**
 * Sets the parents of groups, except parents that do not exist. $1 array (JSON) of group ids, each with the ids of the
 * parents.
 */
const PARENTS = `
  UPDATE directory.groups g SET parent_id = f.found[1], other_parents = f.found[2:]
  FROM jsonb_to_recordset($1::jsonb) AS p (id uuid, parents uuid[])
    CROSS JOIN LATERAL (
      SELECT array_agg(above.id ORDER BY array_position(p.parents, above.id)) AS found
      FROM directory.groups above WHERE above.id = ANY (p.parents)) f
  WHERE g.id = p.id AND f.found IS NOT NULL`;

/** Inserts users and groups of an export into the directory. */
export class DirectoryImporter {
  constructor(private readonly source: DataSource) {}

  /**
   * Inserts groups and returns the number of new groups. Ignores a parent that is neither in the directory nor in the
   * export.
   */
  async addGroups(groups: readonly ImportedGroup[]): Promise<number> {
    return this.source.transaction(async (manager) => {
      const added = await manager.query<{ id: string }[]>(GROUPS, [JSON.stringify(groups)]);
      const inserted = new Set(added.map(({ id }) => id));
      const children = groups
        .filter(({ id }) => inserted.has(id))
        .map(({ id, parent, parents }) => ({ id, parents: parents ?? (parent ? [parent] : []) }))
        .filter(({ parents }) => parents.length > 0);
      await manager.query(PARENTS, [JSON.stringify(children)]);
      return inserted.size;
    });
  }

  /**
   * Reserves the names of the inserted users, in any spelling, against new accounts. Imported users keep their names,
   * even if new accounts cannot have them.
   */
  async claimUsernameKeys(): Promise<void> {
    await this.source.transaction((manager) => claimUsernameKeys(manager));
  }

  /** Makes sure that users who are created from now on get a higher `pk` than this one. */
  async reservePks(largest: number): Promise<void> {
    await this.source.transaction(async (manager) => {
      await manager.query(LOCK_USERS);
      await manager.query(RESERVE_PKS, [largest]);
    });
  }

  /** Inserts users with their memberships in existing groups. */
  async addUsers(users: readonly UserToImport[]): Promise<AddedUsers> {
    const lines = users.map((user) => ({ ...user, uuid: user.uuid ?? randomUUID() }));
    return this.source.transaction(async (manager) => {
      await manager.query(LOCK_IMPORTS);
      const added = await manager.query<AddedUser[]>(USERS, [JSON.stringify(lines)]);
      // In reverse order, so that the first of several lines with one key counts, as in the statement.
      const byKey = new Map([...lines].reverse().map((line) => [lineKey(line.uuid, line.username), line]));
      const inserted = added.map((row) => ({ ...row, line: byKey.get(lineKey(row.id, row.username)) }));
      const memberships = inserted.flatMap(({ id, line }) => line?.groups.map((group) => ({ user: id, group })) ?? []);
      if (memberships.length > 0) await manager.query(MEMBERSHIPS, [JSON.stringify(memberships)]);
      const otherPk = inserted.filter((row) => row.otherPk && row.line?.pk !== undefined).length;
      return { count: added.length, otherPk };
    });
  }
}

/**
 * Identifies the line of an inserted user: by id and by name, because several lines may have the same id or the same
 * name. The name keeps its case, because Postgres and JavaScript convert some letters to lower case differently.
 */
const lineKey = (id: string, username: string) => `${id} ${username}`;
