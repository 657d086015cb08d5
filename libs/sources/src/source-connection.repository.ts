import { runOnce } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { IDENTIFICATION_SCHEMA } from './migrations/index.js';

/** A connection of an account at a source with a user of Gatehouse. It lets the user log in at the source. */
export interface SourceConnection {
  /** The id of the source. */
  readonly source: string;
  /** The id of the account at the source. */
  readonly identifier: string;
  readonly user: string;
}

/** The groups of a user according to a source. */
export interface SourceGroupMembership {
  readonly source: string;
  readonly user: string;
  /** The group matching mode of the source. */
  readonly matching: string;
  /** Properties of each group, keyed by the name of the group at the source. */
  readonly groups: Readonly<Record<string, unknown>>;
}

/** Table of the operations that have run. It makes operations idempotent. */
const DONE = `${IDENTIFICATION_SCHEMA}.done`;

/** Connects a user with an account. $1 id of the source, $2 id of the account at the source, $3 id of the user. */
const CONNECT = `SELECT ${IDENTIFICATION_SCHEMA}.connect($1, $2, $3) AS outcome`;
/**
 * Synchronises a user's groups. $1 id of the user, $2 id of the source, $3 group matching mode, $4 JSON object of group
 * properties by group name.
 */
const SYNC_GROUPS = 'SELECT directory.follow_source_groups($1, $2, $3, $4)';

/**
 * SQLSTATE of the error that `follow_source_groups` raises for a group that a source may not assign: a group without a
 * name, with the name of an existing group unless the mode is `name_link`, or that makes its members superusers.
 */
const GROUP_REFUSED = 'GH001';

type ConnectOutcome = 'new' | 'kept' | 'taken';

/**
 * Stores the connections of users with sources. `operationId` is an idempotency key: each operation runs once, and a
 * repeated call returns the first result.
 */
export class SourceConnectionRepository {
  constructor(private readonly pool: DataSource) {}

  /**
   * Connects a user with an account. Returns `new`, `kept` if they are already connected, or `taken` if the account
   * belongs to another user.
   */
  async connect(operationId: string, { source, identifier, user }: SourceConnection): Promise<ConnectOutcome> {
    const { outcome } = await runOnce(this.pool, { table: DONE, id: operationId }, async (manager) => {
      const [row] = await manager.query<{ outcome: ConnectOutcome }[]>(CONNECT, [source, identifier, user]);
      return row!;
    });
    return outcome;
  }

  /**
   * Adds a user to these groups and removes the user from the other groups of the source, except from groups that make
   * superusers. Returns `false`, and changes nothing, when the source may not assign one of the groups.
   */
  async syncGroups(operationId: string, membership: SourceGroupMembership): Promise<boolean> {
    // Tries twice, because a group that a concurrent login creates is refused like an existing one.
    return (await this.trySyncGroups(operationId, membership)) || this.trySyncGroups(operationId, membership);
  }

  private async trySyncGroups(
    operationId: string,
    { user, source, matching, groups }: SourceGroupMembership,
  ): Promise<boolean> {
    try {
      await runOnce(this.pool, { table: DONE, id: operationId }, async (manager) => {
        await manager.query(SYNC_GROUPS, [user, source, matching, JSON.stringify(groups)]);
        return {};
      });
      return true;
    } catch (error) {
      if ((error as { driverError?: { code?: unknown } }).driverError?.code === GROUP_REFUSED) return false;
      throw error;
    }
  }
}
