import { setTimeout as delay } from 'node:timers/promises';
import { type DataSource, Migration, MigrationExecutor, type MigrationInterface, type QueryRunner } from 'typeorm';
import { z } from 'zod';
import { Logger } from './logger.js';
import { openDataSource } from './typeorm-data-source.js';

/** Settings of the command `migrate`. */
export const migrationConfig = z.object({
  MIGRATION_LOCK_TIMEOUT_MS: z.coerce
    .number()
    .int()
    .min(10)
    .max(60_000)
    .default(1000)
    .describe(
      'Longest time in milliseconds that a statement of a migration waits for a lock. Requests that need the same table wait behind it',
    ),
  MIGRATION_WAIT_S: z.coerce
    .number()
    .int()
    .min(1)
    .max(86_400)
    .default(300)
    .describe(
      'How long a migration that gets no lock is tried again, and how long `migrate` waits for another `migrate`, in seconds',
    ),
});

/** How long migrations wait for locks and try again. */
export type MigrationLimits = z.output<typeof migrationConfig>;

/** Migrations of one Postgres schema, in order. */
export interface SchemaMigrations {
  readonly schema: string;
  readonly migrations: readonly (new () => MigrationInterface)[];
}

/** Thrown if the database cannot be migrated now. The message says why, and what to do. */
export class MigrationError extends Error {}

/** Milliseconds before the second try. The delay doubles with each try, up to LONGEST_DELAY_MS. */
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 10_000;

const LOCK_NOT_AVAILABLE = '55P03';
const DEADLOCK = '40P01';

const isLockFailure = (error: unknown): boolean => {
  const { code } = (error as { driverError?: { code?: unknown } }).driverError ?? {};
  return code === LOCK_NOT_AVAILABLE || code === DEADLOCK;
};

/**
 * Runs the pending migrations of these schemas in order, and returns their names. Concurrent calls run one after the
 * other. A migration that gets no lock within MIGRATION_LOCK_TIMEOUT_MS is rolled back and tried again. Throws
 * MigrationError if that does not succeed within MIGRATION_WAIT_S seconds.
 */
export const migrate = (
  url: string,
  schemas: readonly SchemaMigrations[],
  limits: MigrationLimits,
): Promise<string[]> =>
  withMigrationLock(url, limits, async () => {
    const names: string[] = [];
    for (const schema of schemas) names.push(...(await migrateSchema(url, schema, limits)));
    return names;
  });

async function migrateSchema(url: string, schema: SchemaMigrations, limits: MigrationLimits): Promise<string[]> {
  return withRunner(url, { schema, limits }, async (source, runner) => {
    await runner.query(`CREATE SCHEMA IF NOT EXISTS "${schema.schema}"`);
    const executor = new MigrationExecutor(source, runner);
    const names: string[] = [];
    for (const migration of await executor.getPendingMigrations()) {
      const work = () => executor.executeMigration(migration);
      await retryLocks(migration.name, limits, () => inOwnTransaction(runner, migration, work));
      names.push(migration.name);
    }
    return names;
  });
}

/** The name of a migration that was run, and its schema. */
export interface NamedMigration {
  readonly schema: SchemaMigrations;
  readonly name: string;
}

/** Reverts these migrations in this order. Has the time limits and errors of `migrate`. */
export const undoMigrations = (
  url: string,
  migrations: readonly NamedMigration[],
  limits: MigrationLimits,
): Promise<void> =>
  withMigrationLock(url, limits, async () => {
    for (const { schema, name } of migrations) await undo(url, { schema, name }, limits);
  });

async function undo(url: string, { schema, name }: NamedMigration, limits: MigrationLimits): Promise<void> {
  const found = schema.migrations.find((migration) => migration.name === name);
  if (!found)
    throw new MigrationError(`The migration ${name} is unknown. Use the version of Gatehouse that contains it.`);
  await withRunner(url, { schema, limits }, async (source, runner) => {
    const executor = new MigrationExecutor(source, runner);
    const instance = new found();
    const migration = new Migration(undefined, Number(name.slice(-13)), name, instance);
    await retryLocks(name, limits, () =>
      inOwnTransaction(runner, migration, async () => {
        await instance.down(runner);
        await executor.deleteMigration(migration);
      }),
    );
  });
}

/** Returns the names of the migrations that were run in a schema, in order. Does not change the database. */
export async function findExecutedMigrations(source: Pick<DataSource, 'query'>, schema: string): Promise<string[]> {
  const table = `${schema}.migrations`;
  const [found]: { exists: boolean }[] = await source.query('SELECT to_regclass($1) IS NOT NULL AS exists', [table]);
  if (found?.exists !== true) return [];
  const rows: { name: string }[] = await source.query(`SELECT name FROM ${table} ORDER BY id`);
  return rows.map(({ name }) => name);
}

async function withRunner<T>(
  url: string,
  { schema, limits }: { schema: SchemaMigrations; limits: MigrationLimits },
  work: (source: DataSource, runner: QueryRunner) => Promise<T>,
): Promise<T> {
  const source = await openDataSource({
    ...{ url, schema: schema.schema, migrations: [...schema.migrations], poolSize: 2 },
    lockTimeoutMs: limits.MIGRATION_LOCK_TIMEOUT_MS,
  });
  const runner = source.createQueryRunner();
  try {
    return await work(source, runner);
  } finally {
    await runner.release();
    await source.destroy();
  }
}

async function inOwnTransaction(runner: QueryRunner, migration: Migration, work: () => Promise<unknown>) {
  if (migration.instance?.transaction === false) return void (await work());
  await runner.startTransaction();
  try {
    await work();
    await runner.commitTransaction();
  } catch (error) {
    await runner.rollbackTransaction().catch(() => undefined);
    throw error;
  }
}

async function retryLocks(name: string, limits: MigrationLimits, work: () => Promise<void>): Promise<void> {
  const logger = new Logger();
  await retry(limits, async (isLast) => {
    try {
      await work();
      return true;
    } catch (error) {
      if (!isLockFailure(error)) throw error;
      if (isLast) {
        throw new MigrationError(
          `The migration ${name} got no lock within ${limits.MIGRATION_WAIT_S} s. Find the statement that holds it in pg_stat_activity, or raise MIGRATION_LOCK_TIMEOUT_MS, then run migrate again.`,
          { cause: error },
        );
      }
      logger.event('migration_lock_awaited', { migration: name });
      return false;
    }
  });
}

/**
 * Runs `work` while no other process migrates. Polls for the lock instead of waiting for it, because that could
 * deadlock: a session that waits for an advisory lock holds a snapshot, and `CREATE INDEX CONCURRENTLY` of the
 * migrating process waits for all snapshots. Throws MigrationError after MIGRATION_WAIT_S seconds.
 */
export async function withMigrationLock<T>(url: string, limits: MigrationLimits, work: () => Promise<T>): Promise<T> {
  const lockTimeoutMs = limits.MIGRATION_LOCK_TIMEOUT_MS;
  const source = await openDataSource({ url, schema: 'public', poolSize: 1, lockTimeoutMs });
  const runner = source.createQueryRunner();
  try {
    await retry(limits, async (isLast) => {
      if (await tryMigrationLock(runner)) return true;
      if (isLast)
        throw new MigrationError(
          `Waited ${limits.MIGRATION_WAIT_S} s for another process that migrates. Run migrate again when it has ended.`,
        );
      return false;
    });
    return await work();
  } finally {
    // Postgres releases the advisory lock when this session ends.
    await runner.release();
    await source.destroy();
  }
}

async function tryMigrationLock(runner: QueryRunner): Promise<boolean> {
  const [row]: { held: boolean }[] = await runner.query(
    `SELECT pg_try_advisory_lock(hashtext('gatehouse migrations')) AS held`,
  );
  return row?.held === true;
}

/** Calls `attempt` until it returns true. For the last call, `isLast` is true; that call must return true or throw. */
async function retry(limits: MigrationLimits, attempt: (isLast: boolean) => Promise<boolean>): Promise<void> {
  const end = performance.now() + limits.MIGRATION_WAIT_S * 1000;
  for (let wait = FIRST_DELAY_MS; ; wait = Math.min(2 * wait, LONGEST_DELAY_MS)) {
    if (await attempt(performance.now() + wait >= end)) return;
    await delay(wait);
  }
}
