import pg, { type ClientBase, type QueryResult } from 'pg';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { reportPeerCertificate } from './certificate.metrics.js';
import { ConfigError } from './config.js';
import { Logger } from './logger.js';
import { statementObservers } from './postgres.metrics.js';
import { type NamedStatement, PreparedStatementQuery, type StatementResult } from './prepared-statement-query.js';
import { isTracing, withSpan } from './tracing/active-span.js';
import { statementSpan } from './tracing/database-spans.js';
import { querySpans } from './typeorm-query-spans.js';

/**
 * Milliseconds after which the client gives up a statement by default: later than the server (ROLE_SETTINGS), before a
 * visitor does.
 * There are no startup parameters, because a connection pooler refuses them (docs/adr/0057).
 */
const QUERY_MS = 12_000;

/** Milliseconds that a service waits for a connection, and that a migration or a starting process waits for one. */
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
   * Longest time in milliseconds that a statement waits for a lock. Migrations and commands over whole tables set it.
   * Their statements then have no other time limit, and must not go through a connection pooler.
   */
  readonly lockTimeoutMs?: number;
  /** Milliseconds after which the client gives up a statement, if its transactions raise the limit of the server. */
  readonly queryMs?: number | undefined;
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
  queryMs,
}: DataSourceSettings): Promise<DataSource> {
  const logger = new Logger();
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
    extra: connectionOptions(lockTimeoutMs, queryMs),
    poolErrorHandler: (error: unknown) => logger.event('database_connection_broken', { error }),
  });
  await source.initialize().catch((error: unknown) => {
    throw isParameterRefused(error) ? new ConfigError(DIRECT_ONLY) : error;
  });
  if (isTracing()) source.subscribers.push(querySpans);
  return source;
}

/**
 * Returns the options of pg for each connection: those of a command if there is a lock timeout, otherwise those of a
 * service.
 */
const connectionOptions = (lockTimeoutMs: number | undefined, queryMs = QUERY_MS) =>
  lockTimeoutMs === undefined
    ? { query_timeout: queryMs, onConnect: prepareConnection }
    : {
        options: `-c lock_timeout=${lockTimeoutMs} -c statement_timeout=0`,
        onConnect: (client: ClientBase) => prepareDirectConnection(client, lockTimeoutMs),
      };

const DIRECT_ONLY =
  'DATABASE_URL leads to a connection pooler, such as PgBouncer. Migrations and commands over whole tables need a direct connection to Postgres.';

/** Returns whether a pooler has refused the startup parameters of a connection. */
const isParameterRefused = (error: unknown) =>
  error instanceof Error && /unsupported startup parameter/.test(error.message);

/** Throws ConfigError when a pooler has ignored the startup parameters: the session would not be the client's own. */
async function prepareDirectConnection(client: ClientBase, lockTimeoutMs: number): Promise<void> {
  await prepareConnection(client);
  const { rows } = await client.query<{ ms: string }>(
    `SELECT setting AS ms FROM pg_settings WHERE name = 'lock_timeout'`,
  );
  if (Number(rows[0]?.ms) !== lockTimeoutMs) throw new ConfigError(DIRECT_ONLY);
}

const READ_ONLY = '25006';

/**
 * Checks a new connection and sets DateStyle, so that dates round-trip, in one statement. PgBouncer keeps this setting
 * for each client. Throws when the server takes no writes, so that the pool gives the connection up: the server is a
 * standby, or was the primary before a failover, and every write would fail.
 */
async function prepareConnection(client: ClientBase): Promise<void> {
  // The types of pg leave the socket out.
  const { connection } = client as unknown as { readonly connection?: { readonly stream?: unknown } };
  reportPeerCertificate('postgres_server', connection?.stream);
  const results: unknown = await client.query('SET datestyle = ISO; SHOW transaction_read_only');
  const [, shown] = results as [QueryResult, QueryResult<{ transaction_read_only: string }>];
  if (shown.rows[0]?.transaction_read_only !== 'off')
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
  const send = () => master.query(new PreparedStatementQuery<R>(statement, values));
  const execute = () => withSpan(() => statementSpan(statement.name), send);
  const startedAt = performance.now();
  let outcome: 'ok' | 'conflict' | 'error' = 'error';
  try {
    const result = await execute().catch((error: { code?: unknown; message: string }) => {
      if (error.code === DEADLOCK) return execute();
      if (STATEMENT_NAME_CODES.has(error.code)) error.message += NAMES_UNTRACKED;
      throw error;
    });
    outcome = statement.conditional && result.rows.length === 0 ? 'conflict' : 'ok';
    return result;
  } finally {
    statementObservers(statement.name)[outcome]((performance.now() - startedAt) / 1000);
  }
}

/** SQLSTATEs of a statement name that the connection chosen by a pooler does not know, or already has. */
const STATEMENT_NAME_CODES = new Set<unknown>(['26000', '42P05']);
const NAMES_UNTRACKED =
  '. A connection pooler in front of Postgres must track prepared statements: PgBouncer 1.21 or newer, with max_prepared_statements';

const UNAVAILABLE_CODES = new RegExp(
  `^(08...|57P0[1-5]|57014|40P01|53[1-4]00|55000|${READ_ONLY}|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|` +
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
    /Connection terminated|is not queryable|Query read timeout|timeout exceeded when trying to connect|connection timeout/i.test(
      error.message,
    )
  )
    return true;
  return isDatabaseUnavailable((error as { driverError?: unknown }).driverError ?? error.cause);
}
