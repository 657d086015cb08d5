import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Creates the tables of journey records (docs/spec/journeys.md). `network`: keyed hash of the client's network; the key
 * changes daily. `unrecorded_plans`: plans that have ended and are not in `journeys` or `journey_counts` yet. `body` is
 * the encrypted plan if the visitor has answered a challenge, else null.
 */
const TABLES = [
  `CREATE TABLE flow.journeys (
     plan_id uuid NOT NULL,
     flow_id uuid NOT NULL,
     version_id uuid NOT NULL,
     version int,
     begun_at timestamptz NOT NULL,
     ended_at timestamptz NOT NULL,
     outcome text NOT NULL,
     logged_in boolean NOT NULL,
     reason text,
     steps jsonb NOT NULL,
     verdicts jsonb NOT NULL,
     client jsonb,
     network bytea,
     user_id uuid
   ) PARTITION BY RANGE (ended_at)`,
  'CREATE INDEX journeys_of_flow ON flow.journeys (flow_id, ended_at)',
  'CREATE INDEX journeys_of_user ON flow.journeys (user_id) WHERE user_id IS NOT NULL',
  'CREATE TABLE flow.journeys_default PARTITION OF flow.journeys DEFAULT',
  // version: null if the flow version was deleted before the plan ended. network: empty in the row that counts all
  // networks beyond JOURNEY_NETWORKS_MAX.
  `CREATE TABLE flow.journey_counts (
     flow_id uuid NOT NULL,
     version_id uuid NOT NULL,
     version int,
     hour timestamptz NOT NULL,
     outcome text NOT NULL,
     network bytea NOT NULL,
     plans bigint NOT NULL,
     PRIMARY KEY (flow_id, hour, version_id, outcome, network)
   )`,
  'CREATE INDEX journey_counts_hour ON flow.journey_counts (hour)',
  `CREATE TABLE flow.unrecorded_plans (
     plan_id uuid PRIMARY KEY,
     flow_id uuid NOT NULL,
     version_id uuid NOT NULL,
     begun_at timestamptz NOT NULL,
     ended_at timestamptz NOT NULL DEFAULT now(),
     outcome text NOT NULL,
     network bytea,
     revision int,
     body bytea
   )`,
];

/**
 * Queues an unfinished plan for recording when it is deleted or replaced. Plans of older gateways, which do not set
 * `network`, are queued too. A transaction that deletes the data of a person sets `gatehouse.journeys` to `off`, so
 * that nothing is queued.
 */
const QUEUE = `
CREATE FUNCTION flow.queue_journey() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('gatehouse.journeys', true) = 'off' THEN RETURN NULL; END IF;
  INSERT INTO flow.unrecorded_plans (plan_id, flow_id, version_id, begun_at, outcome, network, revision, body)
  VALUES (OLD.id, OLD.flow_id, OLD.version_id, OLD.begun_at,
    CASE WHEN OLD.progress = 1 AND OLD.expires_at <= now() THEN 'expired' ELSE 'abandoned' END, OLD.network,
    CASE WHEN OLD.progress = 1 THEN OLD.revision END, CASE WHEN OLD.progress = 1 THEN OLD.body END)
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$`;

/**
 * The triggers run when a plan is deleted or its `id` is replaced, but not when it is saved, because a save does not
 * set `id`. A plan that a mailed link continues starts with `progress` 1: the plan that it replaces has not ended, so
 * it is not queued.
 */
const TRIGGERS = [
  `CREATE TRIGGER plan_deleted AFTER DELETE ON flow.plans
   FOR EACH ROW WHEN (OLD.progress < 2) EXECUTE FUNCTION flow.queue_journey()`,
  `CREATE TRIGGER plan_replaced AFTER UPDATE OF id ON flow.plans
   FOR EACH ROW WHEN (OLD.id <> NEW.id AND OLD.progress < 2 AND NEW.progress = 0)
   EXECUTE FUNCTION flow.queue_journey()`,
];

/**
 * Creates the partitions of today and the next days (UTC), and drops those that ended longer than `kept` ago, but at
 * least a day. Moves rows that were inserted before their day's partition existed out of the default partition. Skips a
 * table that another transaction locks for longer than 100 ms, because logins would wait behind this lock; the next
 * call tries again. The function has its owner's privileges, because the gateway's role may not create and drop tables.
 */
const PARTITIONS = `
CREATE FUNCTION flow.keep_journey_partitions(kept interval) RETURNS TABLE (made int, dropped int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog SET lock_timeout = '100ms' SET timezone = 'UTC' AS $$
DECLARE
  first_kept timestamptz := now() - greatest(kept, interval '1 day');
  day date;
  partition text;
BEGIN
  made := 0;
  dropped := 0;
  FOR day IN SELECT current_date + n FROM generate_series(0, 3) n LOOP
    partition := 'journeys_' || to_char(day, 'YYYYMMDD');
    CONTINUE WHEN to_regclass('flow.' || partition) IS NOT NULL;
    BEGIN
      LOCK TABLE flow.journeys_default IN ACCESS EXCLUSIVE MODE;
      EXECUTE format('CREATE TABLE flow.%I (LIKE flow.journeys INCLUDING ALL)', partition);
      EXECUTE format('WITH moved AS (DELETE FROM flow.journeys_default WHERE ended_at >= %L AND ended_at < %L RETURNING *)
        INSERT INTO flow.%I SELECT * FROM moved', day, day + 1, partition);
      EXECUTE format('ALTER TABLE flow.journeys ATTACH PARTITION flow.%I FOR VALUES FROM (%L) TO (%L)',
        partition, day, day + 1);
      made := made + 1;
    EXCEPTION WHEN lock_not_available OR deadlock_detected OR duplicate_table THEN
      NULL;
    END;
  END LOOP;
  FOR partition IN
    SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'flow.journeys'::regclass AND c.relname ~ '^journeys_[0-9]{8}$'
      AND to_date(substring(c.relname FROM 10), 'YYYYMMDD') + 1 <= first_kept
    ORDER BY c.relname
  LOOP
    BEGIN
      EXECUTE format('DROP TABLE flow.%I', partition);
      dropped := dropped + 1;
    EXCEPTION WHEN lock_not_available OR deadlock_detected OR undefined_table THEN
      NULL;
    END;
  END LOOP;
  DELETE FROM flow.journeys_default d WHERE d.ended_at < first_kept;
  RETURN NEXT;
END $$`;

/** Creates the journey records, the queue of plans to record, and the function for the partitions (docs/adr/0087). */
export class Journeys1765411260000 implements MigrationInterface {
  name = 'Journeys1765411260000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of TABLES) await runner.query(statement);
    await runner.query('ALTER TABLE flow.plans ADD COLUMN network bytea');
    for (const statement of [QUEUE, PARTITIONS]) await runner.query(statement);
    await runner.query('REVOKE ALL ON FUNCTION flow.keep_journey_partitions FROM PUBLIC');
    for (const statement of TRIGGERS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TRIGGER plan_deleted ON flow.plans');
    await runner.query('DROP TRIGGER plan_replaced ON flow.plans');
    await runner.query('DROP FUNCTION flow.keep_journey_partitions, flow.queue_journey');
    await runner.query('ALTER TABLE flow.plans DROP COLUMN network');
    await runner.query('DROP TABLE flow.unrecorded_plans, flow.journey_counts, flow.journeys');
  }
}
