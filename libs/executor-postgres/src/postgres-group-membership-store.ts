import { GroupMembershipStore } from '@gatehouse/executor';
import { type NamedStatement, runNamed } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';

/** $1 user, $2 groups. */
const AMONG: NamedStatement = {
  name: 'memberships_among',
  text: `SELECT g AS id FROM directory.identities i, unnest(i.group_ids) g WHERE i.id = $1 AND g = ANY($2::uuid[])`,
};

/** Memberships in the one view that the gateway may read of the directory. */
export class PostgresGroupMembershipStore extends GroupMembershipStore {
  constructor(private readonly source: DataSource) {
    super();
  }

  async among(userId: string, groups: readonly string[]): Promise<ReadonlySet<string>> {
    const { rows } = await runNamed<{ id: string }>(this.source, AMONG, [userId, groups]);
    return new Set(rows.map(({ id }) => id));
  }
}
