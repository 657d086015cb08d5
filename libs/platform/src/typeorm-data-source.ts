import { DataSource, type DataSourceOptions } from 'typeorm';
import { Logger } from './logger.js';

interface Schema {
  readonly url: string;
  /** The Postgres schema that this owner keeps its tables in. */
  readonly schema: string;
  readonly entities?: DataSourceOptions['entities'];
  readonly migrations?: DataSourceOptions['migrations'];
  readonly poolSize: number;
}

/** A pool of connections to one owner's schema. A broken connection is logged and replaced, it never ends the process. */
export async function openDataSource({
  url,
  schema,
  entities = [],
  migrations = [],
  poolSize,
}: Schema): Promise<DataSource> {
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
    poolErrorHandler: (error: unknown) => logger.fault('a pooled connection broke', error),
  });
  return source.initialize();
}

/** Brings one owner's schema up to date and closes again. Safe to run beside itself: an advisory lock orders the runs. */
export async function migrate(schema: Omit<Schema, 'poolSize'>): Promise<string[]> {
  const source = await openDataSource({ ...schema, poolSize: 2 });
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

/** A statement the server plans once a connection. */
export interface NamedStatement {
  readonly name: string;
  readonly text: string;
}

interface Rows<R> {
  readonly rows: R[];
  readonly rowCount: number | null;
}

/** Runs a named statement on the data source's own pool: the hot path's way past the ORM (tech note in docs/adr/0003). */
export async function runNamed<R>(source: DataSource, statement: NamedStatement, values: unknown[]): Promise<Rows<R>> {
  const { master } = source.driver as unknown as { master: { query(q: object): Promise<Rows<R>> } };
  return master.query({ ...statement, values });
}

const AWAY = /^(08...|57P0[123]|53300|ECONNREFUSED|ECONNRESET|ENOTFOUND|EPIPE|ETIMEDOUT)$/;

/** Whether an error means that Postgres cannot be reached just now, rather than that a statement is wrong. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && AWAY.test(code)) return true;
  if (/Connection terminated|timeout exceeded when trying to connect|connection timeout/i.test(error.message))
    return true;
  return isDatabaseAway((error as { driverError?: unknown }).driverError ?? error.cause);
}
