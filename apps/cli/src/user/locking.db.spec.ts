import { flowDatabase } from '@gatehouse/executor-postgres/testing';
import { CommandEventRecorder } from '@gatehouse/outbox';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { list } from './list.js';
import { lock } from './locking.js';

const events = new CommandEventRecorder('user lock', undefined);
let source: DataSource;
let close: () => Promise<void>;
beforeAll(async () => {
  const database = await flowDatabase();
  source = database.source;
  close = () => database.close();
});
afterAll(() => close());

it('npm run user -- lock locks a user whose activation mail is pending, so that the mail no longer activates the account', async () => {
  await source.query(
    `INSERT INTO directory.users (username, is_active, awaits_flow) VALUES ('ann', false, gen_random_uuid())`,
  );
  expect(await lock.run(['ann'], { source, env: {}, process, events })).toBe('ann is locked already');
  expect(await source.query('SELECT is_active, awaits_flow FROM directory.users')).toEqual([
    { is_active: false, awaits_flow: null },
  ]);
});

it('npm run user -- list shows unprintable characters of a username as escape sequences', async () => {
  await source.query(
    `INSERT INTO directory.users (username, email) VALUES (E'b\\u001b[2J\\u202eob', 'bob@example.org')`,
  );
  expect(await list.run(['bob@'], { source, env: {}, process, events })).toMatch(
    /^b\\u\{1b\}\[2J\\u\{202e\}ob {2}bob@example\.org/,
  );
});
