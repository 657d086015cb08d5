import type { ObservedFlow, PlanOutcome } from '@gatehouse/executor';
import type { NamedStatement } from '@gatehouse/platform';

/** How many seconds rows are kept. */
export interface Retention {
  /**
   * Seconds since the last failure for which a counter without `forget_after` is kept, unless it locks its credential.
   */
  readonly attemptsS: number;
  /** Seconds for which an ended API token or app password is kept. */
  readonly tokensS: number;
  /** Seconds for which an ended invitation is kept. */
  readonly invitationsS: number;
}

/** A table that the cleaner cleans. */
export interface CleanedTable {
  readonly table: string;
  /**
   * Looks at the next batch of rows and deletes those that have expired. Returns a row of `BatchRow`. $1 time from which
   * the index is read, $2 largest number of rows.
   */
  readonly clean: NamedStatement;
  /** SQL query for the number of rows that the next run looks at, as `rows`, at most $1. */
  readonly backlog: string;
}

/** The result of a batch. */
export interface BatchRow {
  /** Number of rows in the batch. A batch with fewer rows than it may have is the last. */
  readonly seen: number;
  readonly removed: number;
  /** Time from which the next batch reads the index. */
  readonly last: string | null;
  /** Plans that ran out of time, by flow and outcome. */
  readonly endings: readonly PlanEndings[] | null;
}

/** A number of plans of one flow that ran out of time. */
export interface PlanEndings extends ObservedFlow {
  readonly outcome: Extract<PlanOutcome, 'expired' | 'abandoned'>;
  readonly plans: number;
}

interface Rule {
  readonly table: string;
  /** Indexed column with the time at which the cleaner looks at the row. */
  readonly due: string;
  /** SQL interval for which a row is kept after `due`. */
  readonly keep?: string;
  /**
   * SQL for the time at which the row ends, if that may be later than `due`. The cleaner looks at a row that has not
   * ended again at that time. Default: the row ends when it is due.
   */
  readonly end?: string;
  /** SQL condition that joins the plans `p` of a removed row `r`, whose endings are counted. */
  readonly plans?: string;
}

const seconds = (value: number) => `interval '${value} seconds'`;

/**
 * Returns SQL for the end of an attempt. A counter without failures is deleted after a day. Counters of users who have
 * given another proof are never forgotten (`forget_after` is null), so they end after `attemptsS`, unless they lock the
 * credential.
 */
const attemptEnd = ({ attemptsS }: Retention) => `coalesce(
  updated_at + coalesce(forget_after, CASE WHEN failures = 0 THEN interval '1 day'
    WHEN (failures < hard) IS NOT FALSE THEN ${seconds(attemptsS)} END),
  now() + ${seconds(attemptsS)})`;

/**
 * Returns the rules of the tables. Sessions come first, because Postgres also deletes the keys, plans and source logins
 * of a deleted session.
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
  { table: 'directory.invitations', due: 'expires', keep: seconds(retention.invitationsS) },
];

/** Returns the tables that the cleaner cleans, in this order. */
export const cleanedTables = (retention: Retention): readonly CleanedTable[] => [
  ...rulesOf(retention).map(cleanedTable),
  tokensTable(retention),
];

/** Returns the statements of a rule. They read the index of `due` in its order, and never the whole table. */
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
 * Returns SQL for the endings of the plans `p` that belong to the removed rows `r`. The plans are read as of the begin of
 * the statement, so that those which Postgres deletes with their session are counted too.
 */
const endingsOf = (condition: string) => `(
      SELECT json_agg(e) FROM (
        SELECT f.slug, f.designation, CASE p.progress WHEN 0 THEN 'abandoned' ELSE 'expired' END AS outcome, count(*)::int AS plans
        FROM removed r JOIN flow.plans p ON ${condition} JOIN flow.flows f ON f.id = p.flow_id
        WHERE p.progress < 2 GROUP BY 1, 2, 3) e)`;

/**
 * Returns the statements for tokens. The role of the gateway cannot read tokens, so functions of the directory count
 * and delete them.
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
 * Takes or renews a lease. $1 name of the task, $2 id of the holder, $3 duration (interval). Returns a row if the
 * holder now has the lease.
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
