import type { Journey, JourneyStep } from '@gatehouse/executor';
import type { NamedStatement } from '@gatehouse/platform';

/** A row of `flow.unrecorded_plans`: an ended plan that waits to be recorded or counted (docs/spec/journeys.md). */
export interface UnrecordedPlan {
  readonly plan_id: string;
  readonly flow_id: string;
  readonly version_id: string;
  /** Slug of the flow; null if the flow was deleted. */
  readonly slug: string | null;
  /** Milliseconds from the start of the plan to its end. */
  readonly ms: number;
  /** Number of the flow version; null if the version was deleted. */
  readonly version: number | null;
  readonly begun_at: string;
  readonly ended_at: string;
  /** The hour (UTC) in which the plan ended. */
  readonly hour: string;
  readonly outcome: 'abandoned' | 'expired' | 'done' | 'denied';
  readonly network: Buffer | null;
  readonly revision: number | null;
  /** The encrypted plan; null if the visitor had answered no challenge, so that the plan is only counted. */
  readonly body: Buffer | null;
}

/** A journey record that `ADD_JOURNEYS` inserts. */
export interface JourneyRow
  extends Pick<
      UnrecordedPlan,
      'plan_id' | 'flow_id' | 'version_id' | 'slug' | 'ms' | 'version' | 'begun_at' | 'ended_at' | 'outcome'
    >,
    Pick<Journey, 'verdicts'> {
  readonly steps: readonly JourneyStep[];
  readonly client?: Journey['client'];
  /** Keyed hash of the client's network, in hexadecimal digits. */
  readonly network: string | undefined;
  readonly logged_in: boolean;
  readonly user_id: string | null;
}

/**
 * Takes the next plans from the queue. $1 largest number of plans. Times are returned as text, because a JavaScript
 * `Date` has no microseconds.
 */
export const TAKE_UNRECORDED = `
  WITH taken AS (
    DELETE FROM flow.unrecorded_plans WHERE plan_id = ANY (ARRAY(
      SELECT plan_id FROM flow.unrecorded_plans ORDER BY plan_id LIMIT $1 FOR UPDATE SKIP LOCKED))
    RETURNING *)
  SELECT t.plan_id, t.flow_id, t.version_id, v.number AS version, t.begun_at::text, t.ended_at::text,
    date_trunc('hour', t.ended_at, 'UTC')::text AS hour, t.outcome, t.network, t.revision, t.body, f.slug,
    (extract(epoch FROM t.ended_at - t.begun_at) * 1000)::float8 AS ms
  FROM taken t LEFT JOIN flow.flow_versions v ON v.id = t.version_id LEFT JOIN flow.flows f ON f.id = t.flow_id`;

/**
 * Inserts journey records of abandoned and expired plans. $1 JSON array of the rows, with `network` in hexadecimal
 * digits.
 */
export const ADD_JOURNEYS = `
  INSERT INTO flow.journeys (plan_id, flow_id, version_id, version, begun_at, ended_at, outcome, logged_in, reason, steps,
    verdicts, client, network, user_id)
  SELECT plan_id, flow_id, version_id, version, begun_at, ended_at, outcome, logged_in, NULL, steps, verdicts, client,
    decode(network, 'hex'), user_id
  FROM jsonb_to_recordset($1::jsonb) AS j (plan_id uuid, flow_id uuid, version_id uuid, version int, begun_at timestamptz,
    ended_at timestamptz, outcome text, logged_in boolean, steps jsonb, verdicts jsonb, client jsonb, network text,
    user_id uuid)`;

/**
 * Adds to the counts of plans by flow, version, hour, outcome and network. $1 JSON array of the counts, $2 largest
 * number of networks that are counted separately, for each flow, version, hour and outcome. Plans of further networks
 * are counted together, under an empty network. Only the holder of the lease runs this statement, so no concurrent
 * statement adds networks.
 */
export const ADD_COUNTS = `
  INSERT INTO flow.journey_counts AS c (flow_id, version_id, version, hour, outcome, network, plans)
  SELECT flow_id, version_id, max(version), hour, outcome, CASE WHEN is_own THEN network ELSE '' END, sum(plans)
  FROM (
    SELECT n.*, known.network IS NOT NULL OR
      (SELECT count(*) FROM flow.journey_counts k WHERE (k.flow_id, k.version_id, k.hour, k.outcome)
        = (n.flow_id, n.version_id, n.hour, n.outcome) AND k.network <> '')
      + rank() OVER (PARTITION BY n.flow_id, n.version_id, n.hour, n.outcome, known.network IS NULL ORDER BY n.network)
      <= $2 AS is_own
    FROM (
      SELECT flow_id, version_id, version, hour, outcome, coalesce(decode(network, 'hex'), '') AS network, plans
      FROM jsonb_to_recordset($1::jsonb) AS j (flow_id uuid, version_id uuid, version int, hour timestamptz, outcome text,
        network text, plans bigint)) n
    LEFT JOIN flow.journey_counts known ON (known.flow_id, known.version_id, known.hour, known.outcome, known.network)
      = (n.flow_id, n.version_id, n.hour, n.outcome, n.network)) counted
  GROUP BY flow_id, version_id, hour, outcome, 6
  ON CONFLICT (flow_id, hour, version_id, outcome, network) DO UPDATE SET plans = c.plans + excluded.plans`;

/** Returns the steps of flow versions, with their stages. $1 ids of the versions. */
export const FIND_STAGES = `
  SELECT id, document->'steps' AS steps, document->'attached' AS attached FROM flow.flow_versions WHERE id = ANY ($1::uuid[])`;

/** Creates the partitions of the next days and drops old ones. $1 interval for which records are kept. */
export const KEEP_PARTITIONS: NamedStatement = {
  name: 'journeys_partitions',
  text: 'SELECT made, dropped FROM flow.keep_journey_partitions($1::interval)',
};

/** Deletes up to 10,000 counts of old hours; later runs delete the others. $1 interval for which counts are kept. */
export const DELETE_OLD_COUNTS: NamedStatement = {
  name: 'journeys_old_counts',
  text: `DELETE FROM flow.journey_counts WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM flow.journey_counts WHERE hour < now() - $1::interval LIMIT 10000))`,
};

/** Returns the size of the table of journey records and its partitions, in bytes. */
export const JOURNEYS_SIZE: NamedStatement = {
  name: 'journeys_size',
  text: `SELECT coalesce(sum(pg_total_relation_size(inhrelid)), 0)::float8 AS bytes
    FROM pg_inherits WHERE inhparent = 'flow.journeys'::regclass`,
};
