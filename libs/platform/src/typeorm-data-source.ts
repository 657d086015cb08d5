import pg, { type ClientBase } from 'pg';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { Logger } from './logger.js';
import { type NamedStatement, PreparedStatementQuery, type StatementResult } from './prepared-statement-query.js';

/**
 * The time-outs of the server and of the client are in milliseconds, and end before a visitor gives up.
 * `force_generic_plan`: planning a long statement at each execution would take longer than running it.
 * `random_page_cost`: hot rows are in memory, so an index lookup is cheap and small tables need no sequential scan.
 * `datestyle=ISO`: dates round-trip.
 */
const CONNECTION_SETTINGS = {
  statement_timeout: 10_000,
  query_timeout: 12_000,
  options: '-c plan_cache_mode=force_generic_plan -c random_page_cost=1.1 -c datestyle=ISO',
};

/** Milliseconds within which a request gets a connection, and within which a migration gets one. */
const CONNECT_MS = 2000;
export const PATIENT_CONNECT_MS = 10_000;

interface DataSourceSettings {
  readonly url: string;
  /** The Postgres schema of the tables. */
  readonly schema: string;
  readonly entities?: DataSourceOptions['entities'];
  readonly migrations?: DataSourceOptions['migrations'];
  readonly poolSize: number;
  /**
   * Longest time in milliseconds that a statement waits for a lock, 0 for no limit. Migrations and commands over whole
   * tables set it. Their statements then have no other time limit.
   */
  readonly lockTimeoutMs?: number;
}

/**
 * Opens a pool of connections to one schema. The pool logs and replaces a broken connection, which never ends the
 * process.
 */
export async function openDataSource({
  url,
  schema,
  entities = [],
  migrations = [],
  poolSize,
  lockTimeoutMs,
}: DataSourceSettings): Promise<DataSource> {
  const logger = new Logger('postgres');
  const source = new DataSource({
    type: 'postgres',
    // TypeORM would load it from node_modules, which the image does not contain.
    driver: pg,
    url,
    schema,
    entities,
    migrations,
    migrationsTableName: 'migrations',
    poolSize,
    connectTimeoutMS: lockTimeoutMs === undefined ? CONNECT_MS : PATIENT_CONNECT_MS,
    extra: {
      ...(lockTimeoutMs === undefined ? CONNECTION_SETTINGS : { options: `-c lock_timeout=${lockTimeoutMs}` }),
      onConnect: refuseReadOnly,
    },
    poolErrorHandler: (error: unknown) => logger.fault('a pooled connection broke', error),
  });
  return source.initialize();
}

const READ_ONLY = '25006';

/**
 * Throws when the server of a new connection takes no writes, so that the pool gives the connection up. Such a
 * connection is to a standby, or to a server that was the primary before a failover: every statement on it would fail.
 */
async function refuseReadOnly(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ transaction_read_only: string }>('SHOW transaction_read_only');
  if (rows[0]?.transaction_read_only !== 'off')
    throw Object.assign(new Error('this Postgres takes no writes: it is a standby, or read only'), { code: READ_ONLY });
}

const DEADLOCK = '40P01';

/**
 * Runs a named statement on the pool of the data source, without the ORM, for the hot path (docs/adr/0003). If Postgres
 * rolls the statement back because of a deadlock, runs it once more.
 */
export async function runNamed<R>(
  source: DataSource,
  statement: NamedStatement,
  values: unknown[],
): Promise<StatementResult<R>> {
  const { master } = source.driver as unknown as {
    master: { query(query: PreparedStatementQuery<R>): Promise<StatementResult<R>> };
  };
  const execute = () => master.query(new PreparedStatementQuery<R>(statement, values));
  return execute().catch((error: { code?: unknown }) => {
    if (error.code === DEADLOCK) return execute();
    throw error;
  });
}

const UNAVAILABLE_CODES = new RegExp(
  `^(08...|57P0[123]|57014|40P01|53300|${READ_ONLY}|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|` +
    'ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$',
);

const LOST_CONNECTION_CODES = /^(08...|57P0[12]|ECONNRESET|EPIPE)$/;

/**
 * Returns whether an error means that a connection was lost, perhaps after the statement was sent, so that Postgres may
 * have committed it.
 */
export function isConnectionLost(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && LOST_CONNECTION_CODES.test(code)) return true;
  return /^Connection terminated|^Query read timeout/.test(error.message);
}

/** Returns whether an error means that Postgres is unavailable, as opposed to an error in a statement. */
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
