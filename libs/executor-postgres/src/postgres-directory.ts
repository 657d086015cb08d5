import { type DirectoryUser, GroupMembershipStore, SuperuserPermits, UserDirectory } from '@gatehouse/executor';
import { type NamedStatement, runNamed } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';

/** Returns a user with the properties that `ClaimedUserGuard` checks. $1 uuid of the user. */
const FIND: NamedStatement = {
  name: 'user_find',
  text: `SELECT 'saved' AS kind, i.id AS uuid, i.pk, i.username, i.name, i.email, i.is_active, i.epoch, i.locale, i.is_superuser,
      i.is_superuser AND NOT directory.has_password(i.id) AND NOT EXISTS (
        SELECT FROM directory.users u
        WHERE (u.last_login IS NOT NULL OR directory.has_password(u.id)) AND directory.is_superuser(u.id)) AS awaits_setup
    FROM directory.identities i WHERE i.id = $1`,
};

/** Reads users from a view, because the gateway's role may not read the tables of the directory. */
export class PostgresUserDirectory extends UserDirectory {
  constructor(private readonly source: DataSource) {
    super();
  }

  async find(uuid: string): Promise<DirectoryUser | undefined> {
    const { rows } = await runNamed<DirectoryUser>(this.source, FIND, [uuid]);
    return rows[0];
  }
}

/** Returns which of the groups $2 (uuids) the user is a member of. $1 uuid of the user. */
const AMONG: NamedStatement = {
  name: 'memberships_among',
  text: `SELECT g AS id FROM directory.identities i, unnest(i.group_ids) g WHERE i.id = $1 AND g = ANY($2::uuid[])`,
};

/** Reads group memberships from a view, because the gateway's role may not read the tables of the directory. */
export class PostgresGroupMembershipStore extends GroupMembershipStore {
  constructor(private readonly source: DataSource) {
    super();
  }

  async filterGroups(userId: string, groups: readonly string[]): Promise<ReadonlySet<string>> {
    const { rows } = await runNamed<{ id: string }>(this.source, AMONG, [userId, groups]);
    return new Set(rows.map(({ id }) => id));
  }
}

const GRANT = { name: 'superuser_permit', text: 'SELECT directory.permit_superuser($1, $2)' };

/** Grants permits by a SQL function, because the gateway's role may not write the table of permits. */
export class PostgresSuperuserPermits extends SuperuserPermits {
  constructor(private readonly source: DataSource) {
    super();
  }

  async grant(userId: string, service: string): Promise<void> {
    await runNamed(this.source, GRANT, [userId, service]);
  }
}
