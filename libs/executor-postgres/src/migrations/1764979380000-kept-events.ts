import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Creates the table of published events. `position`: the order of publication. `at`: the time of the event. `kept_at`:
 * the time at which the courier stored the row here, from which its retention counts. `user_id`: the saved user whom
 * the event is about. `actor_id`: the user who caused the event, if that is another user. `body`: encrypted as in the
 * outbox.
 */
export class KeptEvents1764979380000 implements MigrationInterface {
  name = 'KeptEvents1764979380000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE flow.audit_events (
      id uuid PRIMARY KEY,
      position bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
      action text NOT NULL,
      at timestamptz NOT NULL,
      kept_at timestamptz NOT NULL DEFAULT now(),
      user_id uuid,
      actor_id uuid,
      plan_id uuid,
      request_id text,
      body bytea NOT NULL
    )`);
    await runner.query('CREATE INDEX audit_events_kept ON flow.audit_events (kept_at)');
    for (const column of ['user_id', 'actor_id', 'plan_id', 'request_id'])
      await runner.query(`CREATE INDEX ON flow.audit_events (${column}) WHERE ${column} IS NOT NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE flow.audit_events');
  }
}
