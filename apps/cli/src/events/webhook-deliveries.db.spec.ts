import { randomUUID } from 'node:crypto';
import { flowDatabase } from '@gatehouse/executor-postgres/testing';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { runCli } from '../../../../test/support/commands.js';

let source: DataSource;
let url: string;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ source, url, close } = await flowDatabase());
});
afterAll(() => close());
beforeEach(() => source.query('TRUNCATE flow.audit_events CASCADE'));

/** Adds a delivery to an endpoint, parked or waiting, and returns its id. */
async function add(endpoint: string, { parked = true } = {}): Promise<string> {
  const [row] = await source.query<{ id: string }[]>(
    `WITH event AS (
       INSERT INTO flow.audit_events (id, action, at, body) VALUES ($1, 'login', now(), 'x') RETURNING id)
     INSERT INTO flow.webhook_deliveries (endpoint, event_id, tries, parked_at, error, made_at)
     SELECT $2, id, 20, CASE WHEN $3 THEN now() END, 'status 503', now() - interval '3 days' FROM event RETURNING id`,
    [randomUUID(), endpoint, parked],
  );
  return row!.id;
}
const webhooks = (...args: string[]) => runCli('events', ['webhooks', ...args], { env: { DATABASE_URL: url } });
const rows = () =>
  source.query('SELECT id, tries, parked_at IS NOT NULL AS parked FROM flow.webhook_deliveries ORDER BY id');

it('webhooks list shows the newest parked or waiting deliveries, without their events', async () => {
  const [first, second] = [await add('siem'), await add('chat')];
  const waiting = await add('siem', { parked: false });
  const idsOf = ({ stdout }: { stdout: string }) => [...stdout.matchAll(/^\d+/gm)].map(([id]) => id);
  const listed = await webhooks('list');
  expect(idsOf(listed)).toEqual([second, first]);
  expect(listed.stdout).toMatch(
    /^\d+ {2}chat {2}login {2}[0-9a-f-]{36} {2}queued .* tried 20 {2}parked .* status 503$/m,
  );
  expect(idsOf(await webhooks('list', '--most', '1'))).toEqual([second]);
  expect(idsOf(await webhooks('list', '--waiting'))).toEqual([waiting]);
});

it('webhooks retry delivers parked deliveries again, by id, by endpoint or all, with all their attempts and a new age', async () => {
  const [first, second, third] = [await add('siem'), await add('siem'), await add('chat')];
  expect((await webhooks('retry', first)).stdout).toBe('1 to be delivered again\n');
  expect((await webhooks('retry', second, third, '--endpoint', 'siem')).stdout).toBe('1 to be delivered again\n');
  expect((await webhooks('retry', '--all')).stdout).toBe('1 to be delivered again\n');
  expect(await rows()).toEqual([first, second, third].map((id) => ({ id, tries: 0, parked: false })));
  const old = `SELECT FROM flow.webhook_deliveries WHERE made_at < now() - interval '1 day'`;
  expect(await source.query(old)).toEqual([]);
});

it('webhooks remove deletes only parked deliveries, and keeps their events', async () => {
  const [first, second] = [await add('siem'), await add('siem')];
  const waiting = await add('siem', { parked: false });
  expect((await webhooks('remove', first, waiting)).stdout).toBe('1 removed\n');
  expect((await webhooks('retry', waiting)).stdout).toBe('0 to be delivered again\n');
  expect(await rows()).toMatchObject([{ id: second }, { id: waiting, tries: 20 }]);
  expect((await webhooks('remove', '--all', '--endpoint', 'siem')).stdout).toBe('1 removed\n');
  expect(await source.query('SELECT FROM flow.audit_events')).toHaveLength(3);
});

const WRONG: readonly (readonly string[])[] = [
  [],
  ['drop', '1'],
  ['list', '1'],
  ['list', '--all'],
  ['list', '--most', '0'],
  ['list', '--most', 'all'],
  ['list', '--endpoint', 'siem'],
  ['retry'],
  ['retry', '1', '--all'],
  ['retry', '--waiting', '1'],
  ['retry', 'siem'],
  ['retry', '-1'],
  ['retry', '9'.repeat(19)],
  ['remove'],
  ['remove', '--endpoint', 'siem'],
  ['remove', '1', '--force'],
];

it.each(WRONG.map((args) => [args.join(' '), args] as const))(
  'npm run events prints its usage for the wrong arguments: webhooks %s',
  async (_, args) => {
    expect(await webhooks(...args)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^events: usage: npm run events -- webhooks list/),
    });
  },
);
