import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithNats } from '../support/nats.js';
import { ComposeStack } from './compose-stack.js';
import { FORBIDDEN } from './forbidden.js';

/** Temporary objects that a SECURITY DEFINER function with an unsafe search path would use as system catalogs. */
const PLANTED = [
  `CREATE FUNCTION pg_temp.planted() RETURNS name LANGUAGE plpgsql AS $$
   BEGIN CREATE TABLE flow.planted AS SELECT current_user AS who; RETURN 'journeys_20990101'; END $$`,
  'CREATE VIEW pg_temp.pg_class AS SELECT 1::pg_catalog.oid AS oid, pg_temp.planted() AS relname',
  `CREATE VIEW pg_temp.pg_inherits AS
   SELECT 1::pg_catalog.oid AS inhrelid, 'flow.journeys'::pg_catalog.regclass::pg_catalog.oid AS inhparent`,
];

describeWithNats('temporary objects', () => {
  let stack: ComposeStack;
  beforeAll(async () => {
    stack = await ComposeStack.open();
  });
  afterAll(() => stack?.close());

  const asOperator = (sql: string) => stack.as('operator', async (client) => (await client.query(sql)).rows);

  it.each(Object.keys(FORBIDDEN))('cannot be created by the role of %s', async (service) => {
    const creating = stack.as(service, (client) => client.query('CREATE TEMPORARY TABLE mine ()'));
    await expect(creating).rejects.toMatchObject({ code: '42501' });
  });

  it('are not used by SECURITY DEFINER functions, even if a role may create them', async () => {
    await asOperator(
      'DO $$ BEGIN EXECUTE format($f$GRANT TEMPORARY ON DATABASE %I TO PUBLIC$f$, current_database()); END $$',
    );
    const result = await stack.as('gateway', async (client) => {
      for (const sql of PLANTED) await client.query(sql);
      return (await client.query(`SELECT made FROM flow.keep_journey_partitions('1 day')`)).rows;
    });
    expect(result).toHaveLength(1);
    expect(await asOperator(`SELECT to_regclass('flow.planted') AS planted`)).toEqual([{ planted: null }]);
    const paths = await asOperator(
      `SELECT DISTINCT pronamespace::regnamespace::text AS schema, setting FROM pg_proc, unnest(proconfig) setting
       WHERE (prosecdef OR proname LIKE '%superuser%') AND setting LIKE 'search_path=%' ORDER BY 1`,
    );
    expect(paths).toEqual(
      ['directory', 'flow', 'identification', 'mfa'].map((schema) => ({
        ...{ schema, setting: 'search_path=pg_catalog, pg_temp' },
      })),
    );
  });

  it('are forbidden again after roles.sql has run again', async () => {
    await stack.run('roles');
    const creating = stack.as('gateway', (client) => client.query('CREATE TEMPORARY TABLE mine ()'));
    await expect(creating).rejects.toMatchObject({ code: '42501' });
  });
});
