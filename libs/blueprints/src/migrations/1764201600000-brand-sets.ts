import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Creates a table with a single row: a document and its revision. The document contains all brands, and for each
 * designation the flow whose slug sorts first.
 */
export class BrandSets1764201600000 implements MigrationInterface {
  readonly name = 'BrandSets1764201600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE flow.brand_sets (
      single boolean PRIMARY KEY DEFAULT true CHECK (single), revision uuid NOT NULL, document jsonb NOT NULL)`);
    await runner.query(`INSERT INTO flow.brand_sets (revision, document)
      SELECT gen_random_uuid(), jsonb_build_object('v', 1, 'brands', '[]'::jsonb,
        'first', (SELECT coalesce(jsonb_object_agg(f.designation, f.slug), '{}')
                  FROM (SELECT designation, min(slug) AS slug FROM flow.flows GROUP BY designation) f))`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE flow.brand_sets');
  }
}
