import { openDataSource } from '@gatehouse/platform';
import pg from 'pg';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FreshDatabase, migratedDatabase } from '../../../test/support/postgres.js';
import { DIRECTORY_SCHEMA } from './migrations/index.js';
import { PolicyUserRepository } from './policy-user.repository.js';

const ROWS = 50;
const ALICE = '5f0c8a52-6b5e-4a0e-8c56-0d1c2b3a4f03';
const STAFF = '5f0c8a52-6b5e-4a0e-8c56-0d1c2b3a4f01';
const HOUSE = '5f0c8a52-6b5e-4a0e-8c56-0d1c2b3a4f02';

let database: FreshDatabase;
let client: pg.Client;
let source: DataSource;
beforeAll(async () => {
  database = await migratedDatabase();
  client = new pg.Client({ connectionString: database.url, options: '-c plan_cache_mode=force_generic_plan' });
  await client.connect();
  source = await openDataSource({ url: database.url, schema: DIRECTORY_SCHEMA, poolSize: 1 });
  await client.query(`
    INSERT INTO directory.users (id, username) VALUES ('${ALICE}', 'alice');
    INSERT INTO directory.users (username) SELECT 'user-' || i FROM generate_series(1, ${ROWS}) i;
    INSERT INTO directory.groups (name) SELECT 'group-' || i FROM generate_series(1, ${ROWS}) i;
    INSERT INTO directory.groups (id, name, attributes) VALUES ('${HOUSE}', 'house', '{"goauthentik.io/user/debug": true}');
    INSERT INTO directory.groups (id, name, parent_id) VALUES ('${STAFF}', 'staff', '${HOUSE}');
    INSERT INTO directory.user_groups VALUES ('${ALICE}', '${STAFF}')`);
});
afterAll(async () => {
  await client.end();
  await source.destroy();
  await database.drop();
});

describe('a user in the view for the gateway', () => {
  const FIND = {
    name: 'find',
    text: 'SELECT is_superuser, debug, groups FROM directory.identities WHERE id = $1',
    values: [ALICE],
  };
  const find = async () => (await client.query(FIND)).rows[0] as unknown;

  it('is read with a cached query plan from the second query of a connection on', async () => {
    const alice = { is_superuser: false, debug: true, groups: [{ pk: STAFF, name: 'staff' }] };
    expect(await find()).toEqual(alice);
    await client.query('BEGIN');
    await find();
    // Planning locks every index of a table. Running a plan locks only the indexes that it uses. PostgreSQL 18 also
    // keeps the plans of functions in SQL, older versions do not.
    const { rows } = await client.query(
      `SELECT FROM pg_locks WHERE pid = pg_backend_pid() AND relation = 'directory.groups_parent'::regclass`,
    );
    await client.query('COMMIT');
    expect(rows).toEqual([]);
  });

  it('is a superuser as soon as a parent group makes superusers, also on a connection with a cached plan', async () => {
    await client.query(`UPDATE directory.groups SET is_superuser = true WHERE id = '${HOUSE}'`);
    expect(await find()).toMatchObject({ is_superuser: true });
    await client.query(`UPDATE directory.groups SET is_superuser = false, attributes = '{}' WHERE id = '${HOUSE}'`);
    expect(await find()).toMatchObject({ is_superuser: false, debug: false });
  });
});

/** Returns the number of rows of a table that `work` reads, on the only connection of `source`. */
async function rowsRead(table: string, work: () => Promise<unknown>): Promise<number> {
  const count = async () => {
    await source.query('SELECT pg_stat_force_next_flush()');
    const [row] = await source.query(
      'SELECT seq_tup_read + idx_tup_fetch AS count FROM pg_stat_user_tables WHERE relid = $1::regclass',
      [table],
    );
    return Number(row.count);
  };
  // Otherwise Postgres would scan a table of one page, and the count would not show whether it can use an index.
  await source.query('SET enable_seqscan = off');
  const before = await count();
  await work();
  return (await count()) - before;
}

describe('a lookup by key reads only a few rows', () => {
  const users = () => new PolicyUserRepository(source);

  it.each(['pk', 'group_uuid', 'pk__iexact'])('of the groups, by %s', async (field) => {
    const find = async () =>
      expect(await users().findGroups({ [field]: STAFF }, 5)).toEqual([{ pk: STAFF, name: 'staff' }]);
    expect(await rowsRead('directory.groups', find)).toBeLessThan(5);
  });
  it.each(['pk', 'uuid'])('of the users, by %s', async (field) => {
    const [alice] = (await users().find({ username: 'alice' }, 1))!;
    const value = field === 'pk' ? alice?.pk : ALICE;
    const find = async () => expect(await users().find({ [field]: value }, 5)).toEqual([alice]);
    expect(await rowsRead('directory.users', find)).toBeLessThan(5);
  });
  it('of the groups, when a user joins groups by ids and names', async () => {
    const join = () =>
      source.query(`SELECT directory.join_groups('${ALICE}', '{${HOUSE},group-1}', '{group-2,${STAFF}}')`);
    expect(await rowsRead('directory.groups', join)).toBeLessThan(15);
    const groups = await users().findGroupsOf(ALICE, { above: false, filters: {} });
    expect(groups?.map(({ name }) => name)).toEqual(['group-2', 'house', 'staff']);
  });
  it.each(['x', '', '00', '-1', '99999999999999999999', STAFF.toUpperCase(), null])(
    'and finds nothing by %j, which cannot be a key',
    async (value) => {
      expect(await users().find({ pk: value }, 1)).toEqual([]);
      expect(await users().find({ uuid: value }, 1)).toEqual([]);
      expect(await users().findGroups({ pk: value }, 1)).toEqual([]);
    },
  );
});
