import pg, { type ClientBase, type QueryResult } from 'pg';
import { DataSource, type DataSourceOptions, type EntityManager } from 'typeorm';
import { reportPeerCertificate } from './certificate.metrics.js';
import { ConfigError } from './config.js';
import { READ_ONLY } from './database-errors.js';
import { Logger } from './logger.js';
import { statementObservers } from './postgres.metrics.js';
import { type NamedStatement, PreparedStatementQuery, type StatementResult } from './prepared-statement-query.js';
import { isTracing, withSpan } from './tracing/active-span.js';
import { statementSpan } from './tracing/database-spans.js';
import { querySpans } from './typeorm-query-spans.js';

/**
 * Default milliseconds after which the client gives up a statement: later than the server's `statement_timeout`
 * (ROLE_SETTINGS), and before a visitor gives up. It is not a startup parameter of the connection, because connection
 * poolers refuse these (docs/adr/0057).
 */
const QUERY_MS = 12_000;

/** Milliseconds that a service waits for a connection. PATIENT_CONNECT_MS is for migrations and starting processes. */
const CONNECT_MS = 2000;
export const PATIENT_CONNECT_MS = 10_000;

interface DataSourceSettings {
  readonly url: string;
  /** The Postgres schema with the tables that the pool's statements use by default. */
  readonly schema: string;
  readonly entities?: DataSourceOptions['entities'];
  readonly migrations?: DataSourceOptions['migrations'];
  readonly poolSize: number;
  /**
   * Longest time in milliseconds that a statement waits for a lock. For migrations and commands over whole tables.
   * Their statements have no other time limit, and need a direct connection without a pooler.
   */
  readonly lockTimeoutMs?: number;
  /**
   * Milliseconds after which the client gives up a statement. For pools whose transactions raise the server's time
   * limit.
   */
  readonly queryMs?: number | undefined;
}

/**
 * Opens a pool of connections to one schema. If a connection breaks, the pool logs the error and opens another one, and
 * the process continues.
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
    // Pass the driver, because TypeORM would load it from node_modules, which the container image does not have.
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
 * Returns pg's options for each connection: with a lock timeout, those of a migration or command; without, those of a
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

/** Returns whether the error says that a connection pooler refuses startup parameters. */
const isParameterRefused = (error: unknown) =>
  error instanceof Error && /unsupported startup parameter/.test(error.message);

/**
 * Throws ConfigError if a connection pooler has silently ignored the lock timeout. Then the connection is not a direct
 * one.
 */
async function prepareDirectConnection(client: ClientBase, lockTimeoutMs: number): Promise<void> {
  await prepareConnection(client);
  const { rows } = await client.query<{ ms: string }>(
    `SELECT setting AS ms FROM pg_settings WHERE name = 'lock_timeout'`,
  );
  if (Number(rows[0]?.ms) !== lockTimeoutMs) throw new ConfigError(DIRECT_ONLY);
}

/**
 * Prepares a new connection with one statement: sets DateStyle, so that dates round-trip (PgBouncer restores this
 * setting for each client), and checks that the server accepts writes. Throws if it does not, so that the pool drops
 * the connection: the server is a standby, or was the primary before a failover.
 */
async function prepareConnection(client: ClientBase): Promise<void> {
  // The types of pg do not contain the socket.
  const { connection } = client as unknown as { readonly connection?: { readonly stream?: unknown } };
  reportPeerCertificate('postgres_server', connection?.stream);
  const results: unknown = await client.query('SET datestyle = ISO; SHOW transaction_read_only');
  const [, shown] = results as [QueryResult, QueryResult<{ transaction_read_only: string }>];
  if (shown.rows[0]?.transaction_read_only !== 'off')
    throw Object.assign(new Error('this Postgres takes no writes: it is a standby, or read only'), { code: READ_ONLY });
}

const DEADLOCK = '40P01';

/**
 * Runs a named statement on the data source's pool, bypassing the ORM because it is on the hot path (docs/adr/0003). If
 * Postgres rolls the statement back because of a deadlock, runs it once more.
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
  return measured(statement, (run) =>
    run(execute).catch((error: { code?: unknown }) => {
      if (error.code === DEADLOCK) return run(execute);
      throw error;
    }),
  );
}

/**
 * Runs a named statement in a transaction. Does not retry after a deadlock, because Postgres has ended the transaction.
 */
export async function runNamedIn<R>(
  { queryRunner }: EntityManager,
  statement: NamedStatement,
  values: unknown[],
): Promise<StatementResult<R>> {
  const client = (await queryRunner!.connect()) as { query(query: PreparedStatementQuery<R>): unknown };
  const execute = () =>
    new Promise<StatementResult<R>>((resolve, reject) => {
      const query = new PreparedStatementQuery<R>(statement, values);
      query.callback = (error, result) => (error ? reject(error) : resolve(result!));
      client.query(query);
    });
  return measured(statement, (run) => run(execute));
}

type Execution<R> = () => Promise<StatementResult<R>>;

/** Records the duration of a statement, and a span for each of its executions. */
async function measured<R>(
  statement: NamedStatement,
  execute: (run: (execution: Execution<R>) => Promise<StatementResult<R>>) => Promise<StatementResult<R>>,
): Promise<StatementResult<R>> {
  const startedAt = performance.now();
  let outcome: 'ok' | 'conflict' | 'error' = 'error';
  try {
    const result = await execute((execution) => withSpan(() => statementSpan(statement.name), execution));
    outcome = statement.conditional && result.rows.length === 0 ? 'conflict' : 'ok';
    return result;
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    if (STATEMENT_NAME_CODES.has(code)) (error as Error).message += NAMES_UNTRACKED;
    throw error;
  } finally {
    statementObservers(statement.name)[outcome]((performance.now() - startedAt) / 1000);
  }
}

/**
 * SQLSTATEs for a prepared statement whose name does not exist, or exists already, on the pooler's connection to
 * Postgres.
 */
const STATEMENT_NAME_CODES = new Set<unknown>(['26000', '42P05']);
const NAMES_UNTRACKED =
  '. A connection pooler in front of Postgres must track prepared statements: PgBouncer 1.21 or newer, with max_prepared_statements';
