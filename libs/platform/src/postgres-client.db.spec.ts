import { afterAll, beforeAll, expect, it } from 'vitest';
import { type FreshDatabase, freshDatabase } from '../../../test/support/postgres.js';
import { onServer } from '../../../test/support/postgres-databases.js';
import { postgresClient } from './postgres-client.js';

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

it('after the server has ended the connection, the next statement of a client fails and the process continues', async () => {
  const client = postgresClient(database.url);
  await client.connect();
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const ended = new Promise<void>((resolve) => void client.once('end', resolve));
  await onServer(database.url, (admin) => admin.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]));
  await ended;
  await expect(client.query('SELECT 1')).rejects.toThrow('not queryable');
});
