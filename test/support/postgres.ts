import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { dropDatabases, onServer } from './postgres-databases.js';

/** A database of a test's own. */
export interface FreshDatabase {
  readonly url: string;
  readonly drop: () => Promise<void>;
}

/** A new, empty database on the run's Postgres. */
export const freshDatabase = () => copyOf('template0');

/** A new database on the run's Postgres with everybody's schemas, and nothing in them. */
export const migratedDatabase = () => copyOf(migratedName(inject('runId')));

/** The database that holds everybody's schemas for a run. Like template0 it has no visitors. */
export const migratedName = (runId: string) => `gatehouse_test_${runId}_migrated`;

async function copyOf(template: string): Promise<FreshDatabase> {
  const server = inject('postgresUrl');
  const name = `gatehouse_test_${inject('runId')}_${randomBytes(6).toString('hex')}`;
  // A template without visitors, so that two that create at once do not get in each other's way.
  await onServer(server, (client) => client.query(`CREATE DATABASE "${name}" TEMPLATE "${template}"`));
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => dropDatabases(server, name) };
}
