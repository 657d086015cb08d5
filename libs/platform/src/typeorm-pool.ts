import pg from 'pg';
import type { DataSource, DataSourceOptions } from 'typeorm';
import type { z } from 'zod';
import { reportCertificateFile } from './certificate.metrics.js';
import type { postgresConfig } from './config.js';
import { isDatabaseUnavailable } from './database-errors.js';
import { Logger } from './logger.js';
import { type MeasuredPool, reportPool } from './postgres.metrics.js';
import { postgresClient } from './postgres-client.js';
import type { Readiness } from './readiness.js';
import type { SchemaVersions } from './schema-versions.js';
import { openDataSource, runNamed } from './typeorm-data-source.js';
import { missingSettings, storeRoleSettings } from './typeorm-role-settings.js';

interface PoolSettings {
  /** The Postgres schema with the tables that the pool's statements use by default. */
  readonly schema: string;
  readonly entities?: DataSourceOptions['entities'];
  readonly config: z.output<typeof postgresConfig>;
  readonly readiness: Readiness;
  readonly versions: SchemaVersions;
  /** Milliseconds after which the client gives up a statement (see `openDataSource`). */
  readonly queryMs?: number | undefined;
}

/**
 * Opens a process's connection pool for one schema. Waits until Postgres is up, the process's role can log in, and the
 * migrations in `versions` have run. Throws StartError if that takes longer than START_WAIT_S seconds. From then on,
 * the process is ready only while the pool reaches Postgres.
 */
export async function openPool({
  schema,
  entities,
  config,
  readiness,
  versions,
  queryMs,
}: PoolSettings): Promise<DataSource> {
  const { DATABASE_URL: url, DATABASE_POOL: poolSize } = config;
  const source = await readiness.waitFor(
    'database',
    () => openWithRoleSettings(() => openDataSource({ url, poolSize, schema, entities, queryMs })),
    (error) => reasonToWait(error, url),
  );
  reportPool(connectionPoolOf(source));
  const { searchParams } = new URL(url);
  reportCertificateFile('postgres_client', searchParams.get('sslcert'));
  reportCertificateFile('postgres_authority', searchParams.get('sslrootcert'));
  await readiness.waitFor('migrations', () => checkMigrations(source, schema, versions), reasonToWaitForMigrations);
  readiness.require('database', async () => (await runNamed(source, PING, [])).rows.length === 1);
  return source;
}

/**
 * Opens a pool, and makes sure that its connections have ROLE_SETTINGS. If these are not stored for the role, stores
 * them and opens the pool again; a deployment with a single database user has no command `roles` that would store them.
 * Settings that are missing even then are only logged: a pooler may keep older connections without them.
 */
async function openWithRoleSettings(open: () => Promise<DataSource>): Promise<DataSource> {
  const logger = new Logger();
  const first = await open();
  try {
    if ((await missingSettings(first)).length === 0) return first;
    await first.query(storeRoleSettings());
  } catch (error) {
    logger.event('database_settings_not_stored', { error });
  }
  await first.destroy();
  const source = await open();
  const missing = await missingSettings(source);
  if (missing.length > 0) logger.event('database_settings_missing', { reason: missing.join(', ') });
  return source;
}

/** Resolves when Postgres accepts a connection. Throws StartError if that takes longer than START_WAIT_S seconds. */
export async function waitForPostgres(url: string, readiness: Readiness): Promise<void> {
  const connect = async () => {
    const client = postgresClient(url);
    try {
      await client.connect();
    } finally {
      await client.end();
    }
  };
  await readiness.waitFor('database', connect, (error) => reasonToWait(error, url));
}

const PING = { name: 'ping', text: 'SELECT 1' };

/**
 * SQLSTATEs of errors that may be temporary at the start: a wrong password, a role that is missing or may not log in, a
 * missing database.
 */
const NOT_YET_STATES = new Set(['28P01', '28000', '3D000']);

function reasonToWait(error: unknown, url: string): string | undefined {
  const sqlState = sqlStateOf(error);
  if (!isDatabaseUnavailable(error) && !NOT_YET_STATES.has(sqlState)) return undefined;
  const { host, pathname } = new URL(url);
  return `Postgres at ${host}${pathname} accepts no connection: ${(error as Error).message || sqlState}`;
}

class MigrationsMissingError extends Error {}

const INSUFFICIENT_PRIVILEGE = '42501';
const UNDEFINED_TABLE = '42P01';

function reasonToWaitForMigrations(error: unknown): string | undefined {
  if (error instanceof MigrationsMissingError || isDatabaseUnavailable(error)) return (error as Error).message;
  const notYet = [INSUFFICIENT_PRIVILEGE, UNDEFINED_TABLE].includes(sqlStateOf(error));
  return notYet ? `${(error as Error).message}: run migrate, then roles` : undefined;
}

const sqlStateOf = (error: unknown) =>
  String((error as { driverError?: { code?: unknown } }).driverError?.code ?? (error as { code?: unknown }).code);

/**
 * Throws MigrationsMissingError if a schema is missing, if the role may not use its `own` schema, or if a migration in
 * `versions` has not run. Other schemas that the role may not use are not checked. The role sees a new migration only
 * after the command `roles` has run.
 */
async function checkMigrations(source: DataSource, own: string, versions: SchemaVersions): Promise<void> {
  const schemas: { name: string; usable: boolean | null }[] = await source.query(
    `SELECT name, has_schema_privilege(oid, 'USAGE') AS usable
     FROM unnest($1::text[]) name LEFT JOIN pg_namespace ON nspname = name`,
    [Object.keys(versions)],
  );
  const missing: string[] = [];
  for (const { name, usable } of schemas) {
    if (usable === false && name !== own) continue;
    const isMigrated = usable === true && (await newestMigration(source, name)) >= versions[name]!;
    if (!isMigrated) missing.push(name);
  }
  if (missing.length > 0)
    throw new MigrationsMissingError(
      `Postgres lacks migrations of this version in ${missing.join(', ')}: run migrate, then roles`,
    );
}

async function newestMigration(source: DataSource, schema: string): Promise<number> {
  const [row]: { newest: string | null }[] = await source.query(
    `SELECT max("timestamp") AS newest FROM ${pg.escapeIdentifier(schema)}.migrations`,
  );
  return Number(row?.newest ?? 0);
}

/** The part of pg's pool that is needed to measure how long statements wait for a connection. */
export interface ConnectionPool {
  readonly waitingCount: number;
  on(event: 'acquire', listener: () => void): unknown;
}

/** Returns pg's pool in a data source. TypeORM has no typed access to it. */
export const connectionPoolOf = ({ driver }: DataSource): ConnectionPool & MeasuredPool =>
  (driver as unknown as { readonly master: ConnectionPool & MeasuredPool }).master;
