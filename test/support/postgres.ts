import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { storeRoleSettings } from '../../libs/platform/src/typeorm-role-settings.js';

/** A database that one test file uses. */
export interface FreshDatabase {
  readonly url: string;
  readonly drop: () => Promise<void>;
}

/** Creates an empty database on the Postgres of the test run. */
export const freshDatabase = () => copyOf('template0');

/** Creates a database with all schemas and no data, on the Postgres of the test run. */
export const migratedDatabase = () => copyOf(migratedName(inject('runId')));

/** Returns the name of the migrated database that `migratedDatabase` copies. */
export const migratedName = (runId: string) => `gatehouse_test_${runId}_migrated`;

let server: pg.Pool | undefined;

async function copyOf(template: string): Promise<FreshDatabase> {
  const name = `gatehouse_test_${inject('runId')}_${randomBytes(6).toString('hex')}`;
  server ??= connect();
  const pool = server;
  await pool.query(`CREATE DATABASE "${name}" TEMPLATE "${template}" STRATEGY file_copy`);
  await pool.query(storeRoleSettings({ role: 'current_user', database: `'${name}'` }));
  const url = new URL(inject('postgresUrl'));
  url.pathname = `/${name}`;
  const drop = async () => {
    await pool.query(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`);
  };
  return { url: url.href, drop };
}

/**
 * Connects this worker to the server, to create and drop databases. Connects to a database that is no template,
 * because a database with a client cannot be copied. The pool does not keep the worker alive.
 */
function connect(): pg.Pool {
  const connectionString = inject('postgresUrl');
  const pool = new pg.Pool({ connectionString, max: 1, idleTimeoutMillis: 0, allowExitOnIdle: true });
  // The server may end before the worker.
  pool.on('error', () => undefined);
  return pool;
}
