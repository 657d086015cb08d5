import type { MigrationInterface, QueryRunner } from 'typeorm';

const INVITATIONS = `
CREATE TABLE directory.invitations (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name text NOT NULL,
  expires timestamptz,
  fixed_data jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(fixed_data) = 'object'),
  single_use boolean NOT NULL DEFAULT false,
  flow_id uuid,
  created_by uuid REFERENCES directory.users ON DELETE SET NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- The run of a flow that has one for a single use.
  used_by text,
  used_at timestamptz
)`;

/** Creates the table of invitations (docs/adr/0024). */
export class Invitations1764201720000 implements MigrationInterface {
  name = 'Invitations1764201720000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(INVITATIONS);
    await runner.query('CREATE INDEX invitations_name ON directory.invitations (name)');
    await runner.query('CREATE INDEX invitations_creator ON directory.invitations (created_by)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE directory.invitations');
  }
}
