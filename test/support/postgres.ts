import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
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
  await onServer(server, (client) =>
    client.query(`CREATE DATABASE "${name}" TEMPLATE "${template}" STRATEGY file_copy`),
  );
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => dropDatabases(server, name) };
}
