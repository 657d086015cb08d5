import { openDataSource } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type FreshDatabase, migratedDatabase } from '../../../test/support/postgres.js';
import { VerifiedEmails1764633600000 } from './migrations/1764633600000-verified-emails.js';
import { DIRECTORY_SCHEMA } from './migrations/index.js';

let database: FreshDatabase;
let source: DataSource;
beforeAll(async () => {
  database = await migratedDatabase();
  source = await openDataSource({ url: database.url, schema: DIRECTORY_SCHEMA, poolSize: 2 });
});
afterAll(async () => {
  await source.destroy();
  await database.drop();
});

it('the migration verifies the addresses of accounts that are active', async () => {
  const [migration, runner] = [new VerifiedEmails1764633600000(), source.createQueryRunner()];
  await migration.down(runner);
  await source.query(`INSERT INTO directory.users (username, email, is_active)
    VALUES ('active', 'a@example.org', true), ('unconfirmed', 'a@example.org', false), ('without', '', true)`);
  await migration.up(runner);
  await source.query(`INSERT INTO directory.users (username, email) VALUES ('later', 'a@example.org')`);
  await runner.release();
  expect(await source.query('SELECT username, verified_email FROM directory.users ORDER BY pk')).toEqual([
    { username: 'active', verified_email: 'a@example.org' },
    { username: 'unconfirmed', verified_email: '' },
    { username: 'without', verified_email: '' },
    { username: 'later', verified_email: '' },
  ]);
});
