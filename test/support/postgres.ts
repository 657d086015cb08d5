import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { dropDatabases, onServer } from './postgres-databases.js';

/** A database of a test's own. */
export interface FreshDatabase {
  readonly url: string;
  readonly drop: () => Promise<void>;
}

/** A new, empty database on the run's Postgres. */
export async function freshDatabase(): Promise<FreshDatabase> {
  const server = inject('postgresUrl');
  const name = `gatehouse_test_${inject('runId')}_${randomBytes(6).toString('hex')}`;
  // template0 has no visitors, so two that create at once do not get in each other's way.
  await onServer(server, (client) => client.query(`CREATE DATABASE "${name}" TEMPLATE template0`));
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => dropDatabases(server, name) };
}
