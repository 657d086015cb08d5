import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { storeRoleSettings } from '../../libs/platform/src/typeorm-role-settings.js';
import { dropDatabases, onServer } from './postgres-databases.js';

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

async function copyOf(template: string): Promise<FreshDatabase> {
  const server = inject('postgresUrl');
  const name = `gatehouse_test_${inject('runId')}_${randomBytes(6).toString('hex')}`;
  // Connects to another database, because CREATE DATABASE fails while a client is connected to its template.
  await onServer(server, async (client) => {
    await client.query(`CREATE DATABASE "${name}" TEMPLATE "${template}" STRATEGY file_copy`);
    await client.query(storeRoleSettings({ role: 'current_user', database: `'${name}'` }));
  });
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => dropDatabases(server, name) };
}
