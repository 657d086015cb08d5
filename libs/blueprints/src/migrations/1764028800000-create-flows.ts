import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Creates the tables of blueprint objects, flow versions and the current version of each flow
 * (docs/spec/storage.md#tables).
 */
export class CreateFlows1764028800000 implements MigrationInterface {
  readonly name = 'CreateFlows1764028800000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE flow.objects (
      id uuid NOT NULL, model text NOT NULL, identifiers jsonb NOT NULL, attrs jsonb NOT NULL, PRIMARY KEY (model, id))`);
    await runner.query('CREATE UNIQUE INDEX objects_id ON flow.objects (id)');
    await runner.query(`CREATE TABLE flow.flow_versions (
      id uuid PRIMARY KEY, flow_id uuid NOT NULL, number int NOT NULL, document jsonb NOT NULL, digest bytea NOT NULL,
      UNIQUE (flow_id, number), UNIQUE (flow_id, digest))`);
    await runner.query(`CREATE TABLE flow.flows (
      id uuid PRIMARY KEY, slug text NOT NULL UNIQUE, designation text NOT NULL,
      version_id uuid NOT NULL REFERENCES flow.flow_versions)`);
    await runner.query('CREATE INDEX flows_designation ON flow.flows (designation, slug)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE flow.flows, flow.flow_versions, flow.objects');
  }
}
