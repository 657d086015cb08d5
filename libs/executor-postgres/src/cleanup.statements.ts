import type { ObservedFlow, PlanOutcome } from '@gatehouse/executor';
import type { NamedStatement } from '@gatehouse/platform';

/** How long rows are kept after they have expired, in seconds. */
export interface Retention {
  /**
   * How long an unchanged counter of attempts without `forget_after` is kept, in seconds. A counter that locks its
   * credential is kept forever.
   */
  readonly attemptsS: number;
  /** How long an API token or app password is kept after it has expired, in seconds. */
  readonly tokensS: number;
  /** How long an invitation is kept after it has expired, in seconds. */
  readonly invitationsS: number;
}

/** A table from which the cleaner deletes expired rows, and the statements for that. */
export interface CleanedTable {
  readonly table: string;
  /**
   * Reads the next batch of rows and deletes the expired ones. Returns a `BatchRow`. $1 time from which the index is
   * read, $2 largest number of rows.
   */
  readonly clean: NamedStatement;
  /**
   * SQL query that returns, as `rows`, the number of rows that the next sweep will read. $1 largest number to return.
   */
  readonly backlog: string;
}

/** The result of cleaning a batch of rows. */
export interface BatchRow {
  /** Number of rows that were read. The batch is the last one if this is less than the limit. */
  readonly seen: number;
  readonly removed: number;
  /** Time from which the next batch reads the index; null if this batch was empty. */
  readonly last: string | null;
  /** Numbers of plans that were deleted because their time had run out, by flow and outcome. */
  readonly endings: readonly PlanEndings[] | null;
}

/** A number of plans of one flow whose time ran out. */
export interface PlanEndings extends ObservedFlow {
  readonly outcome: Extract<PlanOutcome, 'expired' | 'abandoned'>;
  readonly plans: number;
}

interface Rule {
  readonly table: string;
  /** Indexed column with the time from which the cleaner reads the row, to check whether it has expired. */
  readonly due: string;
  /** SQL interval for which a row is kept after the time in `due`. */
  readonly keep?: string;
  /**
   * SQL for the time at which the row expires, if that may be later than `due`. When the cleaner reads a row that has
   * not expired yet, it moves `due` to that time. Default: the row expires at `due`.
   */
  readonly end?: string;
  /** SQL condition that joins a deleted row `r` with its plans `p`, so that the ends of these plans are counted. */
  readonly plans?: string;
}

const seconds = (value: number) => `interval '${value} seconds'`;

/**
 * Returns SQL for the time at which a counter of attempts expires: a day after its last change if it has no failures,
 * after its `forget_after`, or else after `attemptsS`. `forget_after` is null in the counters of visitors who gave
 * another proof before. Such a counter never expires once it locks its credential.
 */
const attemptEnd = ({ attemptsS }: Retention) => `coalesce(
  updated_at + coalesce(forget_after, CASE WHEN failures = 0 THEN interval '1 day'
    WHEN (failures < hard) IS NOT FALSE THEN ${seconds(attemptsS)} END),
  now() + ${seconds(attemptsS)})`;

/**
 * Returns which tables are cleaned, and by which columns. Sessions come first, because Postgres deletes the keys, plans
 * and source logins of a deleted session too (ON DELETE CASCADE).
 */
const rulesOf = (retention: Retention): readonly Rule[] => [
  { table: 'flow.sessions', due: 'cleanup_at', end: 'expires_at', plans: 'p.session_id = r.id' },
  {
    ...{ table: 'flow.plans', due: 'cleanup_at', end: 'expires_at' },
    plans: '(p.session_id, p.flow_id) = (r.session_id, r.flow_id)',
  },
  { table: 'flow.session_keys', due: 'until' },
  { table: 'flow.source_logins', due: 'expires_at' },
  { table: 'flow.forward_codes', due: 'expires_at' },
  { table: 'flow.forward_sessions', due: 'expires_at' },
  { table: 'flow.resume_tokens', due: 'expires_at' },
  { table: 'flow.attempts', due: 'cleanup_at', end: attemptEnd(retention) },
  { table: 'flow.reputation', due: 'expires_at' },
  { table: 'flow.login_places', due: 'expires_at' },
  { table: 'flow.received_signals', due: 'expires_at' },
  { table: 'directory.invitations', due: 'expires', keep: seconds(retention.invitationsS) },
];

/** Returns the tables that the cleaner cleans, in the order of cleaning. */
export const cleanedTables = (retention: Retention): readonly CleanedTable[] => [
  ...rulesOf(retention).map(cleanedTable),
  tokensTable(retention),
];

/** Returns the statements for a table. They read the index on `due` from its start, and never scan the whole table. */
function cleanedTable({ table, due, keep = `interval '0'`, end, plans }: Rule): CleanedTable {
  const isDue = `${due} < now() - ${keep}`;
  const moved = `,
    moved AS (
      UPDATE ${table} SET ${due} = ${end} WHERE ctid = ANY (ARRAY(SELECT place FROM found WHERE NOT ended)))`;
  return {
    table,
    clean: {
      name: `cleanup.${table}`,
      text: `
    WITH found AS MATERIALIZED (
      SELECT ctid AS place, ${due} AS due, ${end === undefined ? 'true' : `${end} < now()`} AS ended FROM ${table}
      WHERE ${due} >= $1::timestamptz AND ${isDue} ORDER BY ${due} LIMIT $2::int FOR UPDATE SKIP LOCKED),
    removed AS (
      DELETE FROM ${table} WHERE ctid = ANY (ARRAY(SELECT place FROM found WHERE ended)) RETURNING *)${end === undefined ? '' : moved}
    SELECT count(*)::int AS seen, (SELECT count(*)::int FROM removed) AS removed, max(due)::text AS last,
      ${plans === undefined ? 'NULL' : endingsOf(plans)} AS endings FROM found`,
    },
    backlog: `SELECT '${table}' AS "table", count(*)::int AS rows
      FROM (SELECT FROM ${table} WHERE ${isDue} ORDER BY ${due} LIMIT $1) due`,
  };
}

/**
 * Returns SQL that counts the ended plans `p` of the deleted rows `r`. It reads the plans in the snapshot from the
 * start of the statement, so it also counts those that Postgres deletes together with their session.
 */
const endingsOf = (condition: string) => `(
      SELECT json_agg(e) FROM (
        SELECT f.slug, f.designation, CASE p.progress WHEN 0 THEN 'abandoned' ELSE 'expired' END AS outcome, count(*)::int AS plans
        FROM removed r JOIN flow.plans p ON ${condition} JOIN flow.flows f ON f.id = p.flow_id
        WHERE p.progress < 2 GROUP BY 1, 2, 3) e)`;

/**
 * Returns the statements for tokens. They call functions of the schema `directory`, because the gateway's role may not
 * read tokens.
 */
function tokensTable({ tokensS }: Retention): CleanedTable {
  const table = 'directory.tokens';
  return {
    table,
    clean: {
      name: `cleanup.${table}`,
      text: `SELECT n AS seen, n AS removed, $1::timestamptz::text AS last, NULL AS endings
        FROM directory.delete_expired_tokens(${seconds(tokensS)}, $2::int) n`,
    },
    backlog: `SELECT '${table}' AS "table", directory.count_expired_tokens(${seconds(tokensS)}, $1::int) AS rows`,
  };
}

/**
 * Takes or renews a lease, by which only one process at a time does a task. $1 name of the task, $2 id of the holder,
 * $3 duration (interval). Returns a row if the holder now has the lease.
 */
export const TAKE_LEASE: NamedStatement = {
  name: 'lease_take',
  text: `
    INSERT INTO flow.leases AS l (name, holder, until) VALUES ($1, $2, now() + $3::interval)
    ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
    WHERE l.holder = excluded.holder OR l.until < now() RETURNING name`,
};

/** Releases a lease. $1 name of the task, $2 id of the holder. */
export const RELEASE_LEASE: NamedStatement = {
  name: 'lease_release',
  text: 'DELETE FROM flow.leases WHERE name = $1 AND holder = $2',
};
