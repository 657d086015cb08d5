import { randomUUID } from 'node:crypto';
import { enrol, flowDatabase, REQUEST_FACTS } from '@gatehouse/executor-postgres/testing';
import {
  eventBody,
  insertOutboxRow,
  outboxParameters,
  outboxRow,
  outboxSealId,
  requestedEventMessage,
} from '@gatehouse/outbox';
import { Sealer } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { runCli } from '../../../test/support/commands.js';
import { OutboxRepository } from './outbox.repository.js';

const seal = `k:${Buffer.alloc(32, 7).toString('base64')}`;
const sealer = new Sealer(seal);

let source: DataSource;
let url: string;
let close: () => Promise<void>;
let outbox: OutboxRepository;
let alice: Awaited<ReturnType<typeof enrol>>;
beforeAll(async () => {
  ({ source, url, close } = await flowDatabase());
  outbox = new OutboxRepository(source, sealer);
  alice = await enrol(source);
});
afterAll(() => close());
beforeEach(() => source.query('TRUNCATE flow.outbox, flow.audit_events CASCADE'));

interface EventOptions {
  readonly action?: string;
  readonly user?: typeof alice;
  readonly plan?: string;
}

/** Stores events as a courier does after publishing them. Returns their ids. */
async function publish(...events: readonly EventOptions[]): Promise<string[]> {
  const ids: string[] = [];
  for (const { action = 'custom_seen', user, plan } of events) {
    const facts = { ...REQUEST_FACTS, user, plan, requestId: 'f'.repeat(32) };
    const row = outboxRow(requestedEventMessage({ action, context: { password: 'hidden' } }, facts), sealer);
    await source.query(insertOutboxRow('(VALUES (0)) one', 1), outboxParameters(row));
    ids.push(row.id);
  }
  const leased = await outbox.lease('event', 1000, 60);
  await outbox.keep(leased.map((message) => ({ message, body: eventBody.parse(message.body) })));
  return ids;
}

const exported = (...args: string[]) =>
  runCli('events', ['export', ...args], { env: { DATABASE_URL: url, SEAL_KEYS: seal } });
const idsOf = (lines: string) =>
  lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { id: string }).id);

it('the courier keeps a published event encrypted, with its user, plan and request, until EVENTS_KEPT_S', async () => {
  const plan = randomUUID();
  const [id] = await publish({ user: alice, plan });
  const rows = await source.query<{ body: Buffer }[]>('SELECT * FROM flow.audit_events');
  expect(rows).toMatchObject([
    { id, action: 'custom_seen', user_id: alice.uuid, actor_id: null, plan_id: plan, request_id: 'f'.repeat(32) },
  ]);
  expect(rows[0]!.body.toString('latin1')).not.toContain(alice.username);
  expect(await source.query('SELECT FROM flow.outbox')).toEqual([]);
  await publish({}, {});
  await outbox.sweepKept(3600, 1);
  expect(await source.query('SELECT FROM flow.audit_events')).toHaveLength(3);
  await source.query(`UPDATE flow.audit_events SET kept_at = now() - interval '2 hours'`);
  await publish({});
  await outbox.sweepKept(3600, 2);
  expect(await source.query('SELECT FROM flow.audit_events')).toHaveLength(1);
});

it('the courier keeps an event with invalid ids of plan and request, and stores null for them', async () => {
  const row = outboxRow({ topic: 'events.custom_seen', body: {} }, sealer);
  await source.query(insertOutboxRow('(VALUES (0)) one', 1), outboxParameters(row));
  const [message] = await outbox.lease('event', 1, 60);
  const about = { user: null, client_ip: '203.0.113.7', flow: null, plan: 'p', request_id: 'r'.repeat(9000) };
  await outbox.keep([{ message: message!, body: { action: 'custom_seen', context: {}, ...about } }]);
  expect(await source.query('SELECT plan_id, request_id FROM flow.audit_events')).toEqual([
    { plan_id: null, request_id: null },
  ]);
});

it('a courier does not keep an event whose lease another courier has taken over', async () => {
  const row = outboxRow(
    requestedEventMessage({ action: 'custom_seen', context: {} }, { ...REQUEST_FACTS, user: undefined }),
    sealer,
  );
  await source.query(insertOutboxRow('(VALUES (0)) one', 1), outboxParameters(row));
  const [lost] = await outbox.lease('event', 1, 60);
  await source.query(`UPDATE flow.outbox SET due_at = now() - interval '1 second'`);
  await outbox.lease('event', 1, 60);
  await outbox.keep([{ message: lost!, body: eventBody.parse(lost!.body) }]);
  expect(await source.query('SELECT FROM flow.audit_events')).toEqual([]);
  expect(await source.query('SELECT FROM flow.outbox')).toHaveLength(1);
});

it('export writes events as CloudEvents in the order of publication, and can continue after an id', async () => {
  const ids = await publish({}, { user: alice }, {});
  const { stdout, code } = await exported();
  expect([code, idsOf(stdout)]).toEqual([0, ids]);
  expect(JSON.parse(stdout.split('\n')[1]!)).toMatchObject({
    specversion: '1.0',
    subject: `users/${alice.uuid}`,
    data: { context: { password: '********************' } },
  });
  const later = await publish({});
  expect(idsOf((await exported('--after', ids[1]!)).stdout)).toEqual([ids[2], ...later]);
  expect((await exported('--after', later[0]!)).stdout).toBe('');
});

it('export writes all events, even if they are more than one page', async () => {
  await publish(...Array.from({ length: 600 }, () => ({})));
  expect(new Set(idsOf((await exported()).stdout)).size).toBe(600);
});

it('export selects events by time, action and user', async () => {
  const [old, other, login] = await publish({}, { user: alice }, { action: 'login' });
  await source.query(`UPDATE flow.audit_events SET at = '2026-01-01T10:00Z' WHERE id = $1`, [old]);
  expect(idsOf((await exported('--until', '2026-01-02')).stdout)).toEqual([old]);
  expect(idsOf((await exported('--since', '2026-01-01T11:00+01:00', '--until', '2026-02-01')).stdout)).toEqual([old]);
  expect(idsOf((await exported('--since', '2026-01-01T10:00:01Z')).stdout)).toEqual([other, login]);
  expect(idsOf((await exported('--action', 'login')).stdout)).toEqual([login]);
  expect(idsOf((await exported('--user', alice.username)).stdout)).toEqual([other]);
  expect(idsOf((await exported('--user', alice.uuid)).stdout)).toEqual([other]);
});

it('export --since misses no event that couriers kept concurrently in another order than their positions', async () => {
  const ids = await publish({}, {}, {});
  const since = new Date(Date.now() - 3_600_000).toISOString();
  await source.query(`UPDATE flow.audit_events SET kept_at = kept_at + interval '1 second' WHERE id = $1`, [ids[0]]);
  expect(idsOf((await exported('--since', since)).stdout)).toEqual(ids);
  await source.query('UPDATE flow.audit_events SET kept_at = now()');
  expect(idsOf((await exported('--since', since)).stdout)).toEqual(ids);
});

it.each([
  [['--since', 'yesterday'], '--since is yesterday, which is no time'],
  [['--until', '2026-13-01'], 'which is no time'],
  [['--until', '2026-02-29'], '--until is 2026-02-29, which is no time'],
  [['--since', '2026-11-31T00:00Z'], 'which is no time'],
  [['--after', 'x'], 'which is no id of an event'],
  [['--after', randomUUID()], 'it was never published, or it was deleted'],
  [['--action', 'logins'], 'no event has the action logins'],
  [['--user', 'nobody'], 'there is no user nobody'],
  [['--speed', '3'], "Unknown option '--speed'"],
])('export %j is refused with a sentence', async (args, message) => {
  const { code, stdout, stderr } = await exported(...args);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toContain(message);
  expect(stderr).not.toMatch(/\n +at /);
});

it('export writes the events before one whose seal key is missing, and then the id of that key', async () => {
  const ids = await publish(...Array.from({ length: 20 }, () => ({})));
  const last = ids.pop()!;
  const key = `k2:${Buffer.alloc(32, 8).toString('base64')}`;
  const body = new Sealer(key).seal(outboxSealId(last), { custom: 'sealed by a key that is lost' });
  await source.query('UPDATE flow.audit_events SET body = $2 WHERE id = $1', [last, body]);
  const { code, stdout, stderr } = await exported();
  expect([code, idsOf(stdout)]).toEqual([1, ids]);
  expect(stderr).toContain('key k2');
});
