import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Creates the table of events that webhook endpoints have not accepted yet (docs/adr/0081). `id`: the order of a user's
 * events at an endpoint; an identity column, because it needs no privilege on a sequence. `user_id`: the saved user
 * whom the event is about. A delivery refers to its kept event, and is deleted with it.
 */
export class WebhookDeliveries1765238520000 implements MigrationInterface {
  name = 'WebhookDeliveries1765238520000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE flow.webhook_deliveries (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      endpoint text NOT NULL,
      event_id uuid NOT NULL REFERENCES flow.audit_events ON DELETE CASCADE,
      user_id uuid,
      made_at timestamptz NOT NULL DEFAULT now(),
      due_at timestamptz NOT NULL DEFAULT now(),
      tries int NOT NULL DEFAULT 0,
      parked_at timestamptz,
      error text,
      UNIQUE (event_id, endpoint)
    )`);
    await runner.query(
      'CREATE INDEX webhook_deliveries_waiting ON flow.webhook_deliveries (endpoint, id) WHERE parked_at IS NULL',
    );
    await runner.query(`CREATE INDEX webhook_deliveries_in_order ON flow.webhook_deliveries (endpoint, user_id, id)
      WHERE parked_at IS NULL AND user_id IS NOT NULL`);
    await runner.query(
      'CREATE INDEX webhook_deliveries_parked ON flow.webhook_deliveries (parked_at) WHERE parked_at IS NOT NULL',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE flow.webhook_deliveries');
  }
}
