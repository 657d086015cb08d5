import type { MigrationInterface, QueryRunner } from 'typeorm';

/** All brands as one document, and a revision that is another one whenever it changes: one row. */
export class BrandSets1764201600000 implements MigrationInterface {
  readonly name = 'BrandSets1764201600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE flow.brand_sets (
      single boolean PRIMARY KEY DEFAULT true CHECK (single), revision uuid NOT NULL, document jsonb NOT NULL)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE flow.brand_sets');
  }
}
