import { migrate, migrationConfig, openDataSource, readConfig } from '@gatehouse/platform';
import type { DataSource, MigrationInterface, QueryRunner } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../../test/support/commands.js';
import { type FreshDatabase, freshDatabase, migratedDatabase } from '../../../test/support/postgres.js';
import { allMigrations, compareMigrations, undoExpansions } from './migrate-all.js';

let database: FreshDatabase;
let source: DataSource;
async function open(create: () => Promise<FreshDatabase>): Promise<void> {
  database = await create();
  source = await openDataSource({ url: database.url, schema: 'public', poolSize: 1 });
}
afterEach(async () => {
  await source.destroy();
  await database.drop();
});

const migrateCommand = (...args: string[]) => runCli('migrate', args, { env: { DATABASE_URL: database.url } });
const names = allMigrations.flatMap(({ migrations }) => migrations.map(({ name }) => name));
const executed = () =>
  source.query(`SELECT name FROM directory.migrations UNION ALL SELECT name FROM flow.migrations ORDER BY name`);

describe('migrate --check', () => {
  it('lists all migrations as missing in an empty database, and changes nothing', async () => {
    await open(freshDatabase);
    const { code, stdout } = await migrateCommand('--check');
    expect({ code, stdout }).toEqual({ code: 1, stdout: `missing: ${names.join(', ')}. Run migrate\n` });
    expect(await source.query(`SELECT FROM pg_namespace WHERE nspname = 'directory'`)).toEqual([]);
  });
  it('finds no missing migration in a migrated database', async () => {
    await open(migratedDatabase);
    expect(await migrateCommand('--check')).toMatchObject({ code: 0, stdout: 'all migrations have run\n' });
  });
});

describe('a database that a newer version has migrated', () => {
  beforeEach(() => open(migratedDatabase));
  const newer = (name: string) =>
    source.query(`INSERT INTO directory.migrations (timestamp, name) VALUES (9999999999999, $1)`, [name]);

  it('can be used if the newer version has only expanded it', async () => {
    await newer('ExpandLater9999999999999');
    const output = 'of a newer version: ExpandLater9999999999999';
    expect(await migrateCommand('--check')).toMatchObject({ code: 0, stdout: `${output}\n` });
    expect(await migrateCommand()).toMatchObject({ code: 0, stdout: `nothing to migrate\n${output}\n` });
  });
  it('is refused if the newer version has run a contract step', async () => {
    await newer('ContractLater9999999999999');
    const before = await executed();
    for (const args of [['--check'], []]) {
      const { code, stdout } = await migrateCommand(...args);
      expect({ code, stdout }).toMatchObject({ code: 1, stdout: expect.stringContaining('cannot use the database') });
    }
    expect(await executed()).toEqual(before);
  });
  it('is not changed by --down of the older version', async () => {
    await newer('ExpandLater9999999999999');
    const before = await executed();
    expect(await migrateCommand('--down')).toMatchObject({
      code: 1,
      stderr:
        'migrate: The database has migrations of a newer version: ExpandLater9999999999999. Undo them with that version.\n',
    });
    expect(await executed()).toEqual(before);
  });
});

describe('migrate --down', () => {
  /** Returns the columns and functions of all schemas. */
  const schema = () =>
    source.query(
      `
      SELECT attrelid::regclass || '.' || attname || ' ' || format_type(atttypid, atttypmod) || attnotnull AS name
      FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
      WHERE attnum > 0 AND NOT attisdropped AND relnamespace::regnamespace::text = ANY ($1)
      UNION ALL SELECT oid::regprocedure || prosrc FROM pg_proc WHERE pronamespace::regnamespace::text = ANY ($1)
      ORDER BY name`,
      [allMigrations.map(({ schema: name }) => name)],
    );

  it('undoes the migrations after the last contract step, the newest first, and `migrate` runs them again', async () => {
    await open(migratedDatabase);
    const before = await schema();
    const expansions = names
      .filter((name) => Number(name.slice(-13)) > 1_764_720_000_000)
      .sort((one, other) => Number(other.slice(-13)) - Number(one.slice(-13)) || other.localeCompare(one));
    expect(expansions).toContain('BlueprintContents1764806400000');
    expect(await migrateCommand('--down')).toMatchObject({ code: 0, stdout: `undone: ${expansions.join(', ')}\n` });
    expect(await schema()).not.toEqual(before);
    const { code, stdout } = await migrateCommand('--check');
    expect(code).toBe(1);
    for (const name of expansions) expect(stdout).toContain(name);
    expect((await migrateCommand()).code).toBe(0);
    expect(await schema()).toEqual(before);
  });
  it('never undoes a contract step or an earlier migration, in any schema', async () => {
    await open(freshDatabase);
    const schemas = [
      { schema: 'one', migrations: [migration('one', 'Expand1900000000001'), migration('one', 'Expand1900000000004')] },
      {
        schema: 'two',
        migrations: [migration('two', 'Contract1900000000002'), migration('two', 'Expand1900000000003')],
      },
    ];
    await migrate(database.url, schemas, readConfig(migrationConfig, {}));
    const undone = ['Expand1900000000004', 'Expand1900000000003'];
    expect(await undoExpansions(database.url, {}, schemas)).toEqual(undone);
    expect(new Set((await compareMigrations(database.url, schemas)).missing)).toEqual(new Set(undone));
    expect(await undoExpansions(database.url, {}, schemas)).toEqual([]);
  });
});

/** Returns a migration that creates a table of its own. */
function migration(schema: string, name: string): new () => MigrationInterface {
  const Table = class implements MigrationInterface {
    up = (runner: QueryRunner) => runner.query(`CREATE TABLE ${schema}.${name} ()`);
    down = (runner: QueryRunner) => runner.query(`DROP TABLE ${schema}.${name}`);
  };
  Object.defineProperty(Table, 'name', { value: name });
  return Table;
}

it.each([
  ['user', ['list']],
  ['mail', ['list']],
  ['blueprint', ['diff', 'blueprints']],
  ['blueprint', ['export', 'login']],
] as const)(
  '%s does not migrate the database of DATABASE_URL, and lists its missing migrations',
  async (name, args) => {
    await open(migratedDatabase);
    await migrateCommand('--down');
    const before = await executed();
    const { code, stderr } = await runCli(name, args, { env: { DATABASE_URL: database.url } });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(
        /lacks migrations of this version: .*BlueprintContents1764806400000.*, or run migrate/,
      ),
    });
    expect(await executed()).toEqual(before);
  },
);

it('migrate refuses unknown options and arguments', async () => {
  await open(freshDatabase);
  for (const args of [['--upp'], ['name'], ['--check', '--down']])
    expect(await migrateCommand(...args)).toMatchObject({ code: 1, stderr: expect.stringContaining('usage: npm run') });
});
