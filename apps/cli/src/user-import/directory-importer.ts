import { claimUsernameKeys } from '@gatehouse/directory';
import type { DataSource } from 'typeorm';
import type { ImportedGroup, ImportedUser } from './export-lines.js';

/** A user with the password hash to store. */
export type UserToImport = ImportedUser & { readonly hash: string };

/**
 * Inserts new users and returns their names in lower case. Addresses of active users count as verified. Leaves a user
 * with an existing name or id unchanged. $1 array of users (JSON).
 */
const USERS = `
  INSERT INTO directory.users (id, username, name, email, verified_email, is_active, password_hash, type, path, attributes,
    last_login, date_joined, password_changed_at)
  SELECT coalesce(u.uuid, gen_random_uuid()), u.username, u.name, u.email, CASE WHEN u.is_active THEN u.email ELSE '' END,
    u.is_active, u.hash, u.type, u.path, u.attributes,
    u.last_login, coalesce(u.date_joined, now()), coalesce(u.password_change_date, now())
  FROM jsonb_to_recordset($1::jsonb) AS u (uuid uuid, username text, name text, email text, is_active boolean, hash text,
    type text, path text, attributes jsonb, last_login timestamptz, date_joined timestamptz, password_change_date timestamptz)
  ON CONFLICT DO NOTHING RETURNING lower(username) AS name`;

/** Adds users to groups that exist. $1 array (JSON) of usernames in lower case with the id of a group. */
const MEMBERSHIPS = `
  INSERT INTO directory.user_groups (user_id, group_id)
  SELECT u.id, g.id FROM jsonb_to_recordset($1::jsonb) AS m (name text, "group" uuid)
  JOIN directory.users u ON lower(u.username) = m.name JOIN directory.groups g ON g.id = m."group"
  ON CONFLICT DO NOTHING`;

/** Inserts new groups and returns their ids. Leaves existing groups unchanged. $1 array of groups (JSON). */
const GROUPS = `
  INSERT INTO directory.groups (id, name, is_superuser, attributes)
  SELECT g.id, g.name, g.is_superuser, g.attributes
  FROM jsonb_to_recordset($1::jsonb) AS g (id uuid, name text, is_superuser boolean, attributes jsonb)
  ON CONFLICT DO NOTHING RETURNING id`;

/**
 * Sets the parents of groups, as far as the parents exist. $1 array (JSON) of group ids, each with the ids of the parents.
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

  /** Inserts users with their memberships in existing groups. Returns the names of the new users in lower case. */
  async addUsers(users: readonly UserToImport[]): Promise<ReadonlySet<string>> {
    return this.source.transaction(async (manager) => {
      const added = await manager.query<{ name: string }[]>(USERS, [JSON.stringify(users)]);
      const inserted = new Set(added.map(({ name }) => name));
      const memberships = users.flatMap(({ username, groups }) => {
        const name = username.toLowerCase();
        return inserted.has(name) ? groups.map((group) => ({ name, group })) : [];
      });
      if (memberships.length > 0) await manager.query(MEMBERSHIPS, [JSON.stringify(memberships)]);
      return inserted;
    });
  }
}
