import { runOnce } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { Connections, type SourceConnection, type SourceGroups } from './connections.js';
import { IDENTIFICATION_SCHEMA } from './migrations/index.js';

const DONE = `${IDENTIFICATION_SCHEMA}.done`;

/** $1 source, $2 identifier, $3 user. */
const CONNECT = `SELECT ${IDENTIFICATION_SCHEMA}.connect($1, $2, $3) AS outcome`;
/** $1 user, $2 source, $3 matching mode, $4 groups. */
const FOLLOW = 'SELECT directory.follow_source_groups($1, $2, $3, $4)';

/** What the directory raises for a group that may not be. */
const REFUSED = 'GH001';

type Outcome = 'new' | 'kept' | 'taken';

/** Connections in Postgres. */
export class TypeormConnections extends Connections {
  constructor(private readonly pool: DataSource) {
    super();
  }

  async connect(id: string, { source, identifier, user }: SourceConnection): Promise<Outcome> {
    const { outcome } = await runOnce(this.pool, { table: DONE, id }, async (manager) => {
      const [row] = await manager.query<{ outcome: Outcome }[]>(CONNECT, [source, identifier, user]);
      return row!;
    });
    return outcome;
  }

  async follow(id: string, { user, source, matching, groups }: SourceGroups): Promise<boolean> {
    try {
      await runOnce(this.pool, { table: DONE, id }, async (manager) => {
        await manager.query(FOLLOW, [user, source, matching, JSON.stringify(groups)]);
        return {};
      });
      return true;
    } catch (error) {
      if ((error as { driverError?: { code?: unknown } }).driverError?.code === REFUSED) return false;
      throw error;
    }
  }
}
