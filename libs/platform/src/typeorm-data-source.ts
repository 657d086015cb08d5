import { DataSource, type DataSourceOptions } from 'typeorm';
import { Logger } from './logger.js';
import { type NamedStatement, PreparedStatementQuery, type StatementResult } from './prepared-run.js';

/**
 * Milliseconds for a statement on the server, and for its answer here: less than a visitor waits. Statements are planned
 * without their values: else Postgres plans the long ones anew each time, which takes longer than running them. And what is
 * asked for all the time is in memory: looking a row up costs hardly more than reading on, so a small table is not read whole.
 * Times are told in the one style that is read back as it was told.
 */
const SERVER_SETTINGS = {
  statement_timeout: 10_000,
  query_timeout: 12_000,
  options: '-c plan_cache_mode=force_generic_plan -c random_page_cost=1.1 -c datestyle=ISO',
};

interface DataSourceSettings {
  readonly url: string;
  /** The Postgres schema that this owner keeps its tables in. */
  readonly schema: string;
  readonly entities?: DataSourceOptions['entities'];
  readonly migrations?: DataSourceOptions['migrations'];
  readonly poolSize: number;
  /** Whether a statement may take as long as it wants, as a migration may. */
  readonly patient?: boolean;
}

/** A pool of connections to one owner's schema. A broken connection is logged and replaced, it never ends the process. */
export async function openDataSource({
  url,
  schema,
  entities = [],
  migrations = [],
  poolSize,
  patient = false,
}: DataSourceSettings): Promise<DataSource> {
  const logger = new Logger('postgres');
  const source = new DataSource({
    type: 'postgres',
    url,
    schema,
    entities,
    migrations,
    migrationsTableName: 'migrations',
    poolSize,
    connectTimeoutMS: 2000,
    ...(patient ? {} : { extra: SERVER_SETTINGS }),
    poolErrorHandler: (error: unknown) => logger.fault('a pooled connection broke', error),
  });
  return source.initialize();
}

/** Brings one owner's schema up to date and closes again. Safe to run beside itself: an advisory lock orders the runs. */
export async function migrate(schema: Omit<DataSourceSettings, 'poolSize'>): Promise<string[]> {
  const source = await openDataSource({ ...schema, poolSize: 2, patient: true });
  const lock = source.createQueryRunner();
  try {
    await lock.query(`SELECT pg_advisory_lock(hashtext('gatehouse migrations'))`);
    await lock.query(`CREATE SCHEMA IF NOT EXISTS "${schema.schema}"`);
    const done = await source.runMigrations({ transaction: 'each' });
    return done.map((migration) => migration.name);
  } finally {
    await lock.query(`SELECT pg_advisory_unlock(hashtext('gatehouse migrations'))`);
    await lock.release();
    await source.destroy();
  }
}

const DEADLOCK = '40P01';

/**
 * Runs a named statement on the data source's own pool: the hot path's way past the ORM (docs/adr/0003). One that Postgres
 * ended to untangle a deadlock has done nothing, and is run once more.
 */
export async function runNamed<R>(
  source: DataSource,
  statement: NamedStatement,
  values: unknown[],
): Promise<StatementResult<R>> {
  const { master } = source.driver as unknown as {
    master: { query(run: PreparedStatementQuery<R>): Promise<StatementResult<R>> };
  };
  const run = () => master.query(new PreparedStatementQuery<R>(statement, values));
  return run().catch((error: { code?: unknown }) => {
    if (error.code === DEADLOCK) return run();
    throw error;
  });
}

const UNAVAILABLE_CODES = /^(08...|57P0[123]|57014|40P01|53300|ECONNREFUSED|ECONNRESET|ENOTFOUND|EPIPE|ETIMEDOUT)$/;

/** Whether an error means that Postgres cannot be reached just now, rather than that a statement is wrong. */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && UNAVAILABLE_CODES.test(code)) return true;
  if (
    /Connection terminated|Query read timeout|timeout exceeded when trying to connect|connection timeout/i.test(
      error.message,
    )
  )
    return true;
  return isDatabaseUnavailable((error as { driverError?: unknown }).driverError ?? error.cause);
}
