import { randomUUID } from 'node:crypto';
import { enrol, flowDatabase } from '@gatehouse/executor-postgres/testing';
import { insertOutboxRow, type OutboxMessage, outboxParameters, outboxRow } from '@gatehouse/outbox';
import { Sealer } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { courierSettings } from './courier.config.js';
import { OutboxRepository } from './outbox.repository.js';

const sealer = new Sealer(`k:${Buffer.alloc(32, 7).toString('base64')}`);
const [MAIL, EVENT] = ['mail', 'events.login'];
const WITHOUT_KEY = { delayS: 60, orderS: 3600 };
const secret = { url: 'https://id.example.org/?flow_token=hidden' };

let source: DataSource;
let close: () => Promise<void>;
let outbox: OutboxRepository;
beforeAll(async () => {
  ({ source, close } = await flowDatabase());
  outbox = new OutboxRepository(source, sealer);
});
afterAll(() => close());
beforeEach(() => source.query('TRUNCATE flow.outbox, flow.mailed'));

async function put(message: OutboxMessage = { topic: MAIL, body: secret }, rowSealer = sealer): Promise<string> {
  const row = outboxRow(message, rowSealer);
  await source.query(insertOutboxRow('(VALUES (0)) one', 1), outboxParameters(row));
  return row.id;
}
const rows = (): Promise<Record<string, unknown>[]> => source.query('SELECT * FROM flow.outbox ORDER BY made_at');
/** Ends all leases. */
const expireLeases = () => source.query(`UPDATE flow.outbox SET due_at = now() - interval '1 second'`);

describe('a due message', () => {
  it('is stored with an encrypted body, which is decrypted when the message is leased', async () => {
    const id = await put();
    expect(await outbox.lease('mail', 5, 60)).toMatchObject([{ id, topic: MAIL, tries: 1, body: secret }]);
    expect(String((await rows())[0]!['body'])).not.toContain('hidden');
  });

  it('is leased to only one of many concurrent couriers', async () => {
    const ids = await Promise.all(Array.from({ length: 40 }, () => put()));
    const leased = await Promise.all(Array.from({ length: 20 }, () => outbox.lease('mail', 3, 60)));
    expect(
      leased
        .flat()
        .map(({ id }) => id)
        .sort(),
    ).toEqual(ids.toSorted());
  });

  it('is leased by kind, the oldest first, up to the limit', async () => {
    const [first, second] = [await put(), await put()];
    const event = await put({ topic: EVENT, body: {} });
    expect((await outbox.lease('mail', 1, 60)).map(({ id }) => id)).toEqual([first]);
    expect((await outbox.lease('mail', 5, 60)).map(({ id }) => id)).toEqual([second]);
    expect((await outbox.lease('event', 5, 60)).map(({ id }) => id)).toEqual([event]);
  });

  it('waits without using up tries while no courier has the key that encrypted it', async () => {
    const elsewhere = new Sealer(`k2:${Buffer.alloc(32, 8).toString('base64')}`);
    const id = await put(undefined, elsewhere);
    const leased = await outbox.lease('mail', 1, 60);
    expect(leased).toMatchObject([{ id, body: undefined, missingKey: expect.stringContaining('key k2') }]);
    await outbox.postpone(leased, WITHOUT_KEY);
    expect(await outbox.lease('mail', 1, 60)).toEqual([]);
    expect(await rows()).toMatchObject([{ tries: 0, parked_at: null, error: expect.stringContaining('key k2') }]);
    await expireLeases();
    expect(await new OutboxRepository(source, elsewhere).lease('mail', 1, 60)).toMatchObject([{ id, body: secret }]);
  });

  it('cannot be postponed by a courier whose lease another courier has taken over', async () => {
    await put(undefined, new Sealer(`k2:${Buffer.alloc(32, 8).toString('base64')}`));
    const lost = await outbox.lease('mail', 1, 60);
    await expireLeases();
    await outbox.lease('mail', 1, 60);
    await outbox.postpone(lost, WITHOUT_KEY);
    expect(await rows()).toMatchObject([{ tries: 2, error: null }]);
  });

  it('is leased without a body if no seal key decrypts its body', async () => {
    await put(undefined, new Sealer(`k:${Buffer.alloc(32, 8).toString('base64')}`));
    expect(await outbox.lease('mail', 1, 60)).toMatchObject([{ body: undefined }]);
  });
});

describe('the holder of a lease', () => {
  it('deletes the message, and adds an event to the outbox', async () => {
    await put();
    const leased = await outbox.lease('mail', 1, 60);
    await outbox.delete(leased, { topic: 'events.email_sent', body: { sent: true } });
    expect(await outbox.lease('mail', 1, 60)).toEqual([]);
    expect(await outbox.lease('event', 1, 60)).toMatchObject([{ topic: 'events.email_sent', body: { sent: true } }]);
  });

  it('reschedules several messages, each after its own delay', async () => {
    const [first, second] = [await put(), await put()];
    const [tried] = await outbox.lease('mail', 1, 60);
    await expireLeases();
    const leased = await outbox.lease('mail', 2, 60);
    await outbox.retryLater(leased, 'the server is down', (tries) => (tries === 1 ? 0 : 60));
    expect([tried!.id, ...(await outbox.lease('mail', 2, 60)).map(({ id }) => id)]).toEqual([first, second]);
  });

  it('reschedules one message and stores the error', async () => {
    await put();
    const leased = await outbox.lease('mail', 1, 60);
    await outbox.retryLater(leased, 'the server is down', () => 60);
    expect(await outbox.lease('mail', 1, 60)).toEqual([]);
    await expireLeases();
    expect(await outbox.lease('mail', 1, 60)).toMatchObject([{ tries: 2 }]);
    expect(await rows()).toMatchObject([{ error: 'the server is down' }]);
  });

  it('parks the message, so that no courier leases it again', async () => {
    await put();
    const [leased] = await outbox.lease('mail', 1, 60);
    await outbox.park(leased!, 'no such user', { topic: 'events.configuration_error', body: {} });
    await expireLeases();
    expect(await outbox.lease('mail', 1, 60)).toEqual([]);
    expect(await outbox.stats()).toEqual(
      expect.arrayContaining([expect.objectContaining({ sort: 'mail', waiting: 0, parked: 1 })]),
    );
    expect(await outbox.lease('event', 1, 60)).toHaveLength(1);
  });

  it('changes nothing after another courier has leased the message', async () => {
    const id = await put();
    const [expired] = await outbox.lease('mail', 1, 60);
    await expireLeases();
    const [current] = await outbox.lease('mail', 1, 60);
    await outbox.delete([expired!], { topic: 'events.email_sent', body: {} });
    await outbox.park(expired!, 'too late');
    await outbox.retryLater([expired!], 'too late', () => 0);
    expect(await rows()).toMatchObject([{ id, tries: 2, parked_at: null, error: null }]);
    await outbox.delete([current!]);
    expect(await rows()).toEqual([]);
  });

  it('redacts the secret of a mailed link in a stored error, and truncates the error', async () => {
    await put();
    const [leased] = await outbox.lease('mail', 1, 60);
    await outbox.park(leased!, `554 bad link ${secret.url}&x=1\r\n${'x'.repeat(1000)}`);
    const error = String((await rows())[0]!['error']);
    expect(error).not.toContain('hidden');
    expect(error).toMatch(/^554 bad link .*flow_token=…&x=1 x+$/);
    expect(error).toHaveLength(500);
  });
});

describe('mails to one address', () => {
  it('are counted for the current period, regardless of case', async () => {
    expect([await outbox.countMailTo('a@example.org', 60), await outbox.countMailTo('A@Example.org', 60)]).toEqual([
      1, 2,
    ]);
    expect(await outbox.countMailTo('b@example.org', 60)).toBe(1);
    await source.query(`UPDATE flow.mailed SET since = now() - interval '61 seconds'`);
    expect(await outbox.countMailTo('a@example.org', 60)).toBe(1);
  });

  it('are counted atomically', async () => {
    const counts = await Promise.all(Array.from({ length: 10 }, () => outbox.countMailTo('a@example.org', 60)));
    expect(counts.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('are counted without storing the address in plain text', async () => {
    await outbox.countMailTo('a@example.org', 60);
    expect(JSON.stringify(await source.query(`SELECT encode(recipient, 'escape') FROM flow.mailed`))).not.toContain(
      'example',
    );
  });
});

it('last_login is the latest of several login times, in whatever order they are stored', async () => {
  const { uuid } = await enrol(source);
  const at = (time: string) => new Date(`2026-01-01T${time}Z`);
  for (const time of ['10:00:00', '12:00:00', '11:00:00']) await outbox.recordLogin(uuid, at(time));
  await outbox.recordLogin(randomUUID(), at('13:00:00'));
  expect(await source.query('SELECT last_login FROM directory.users WHERE id = $1', [uuid])).toEqual([
    { last_login: at('12:00:00') },
  ]);
});

it('sweep deletes old parked messages, and no waiting messages', async () => {
  const [parked, waiting] = [await put(), await put()];
  await source.query(`UPDATE flow.outbox SET parked_at = now() - interval '2 days' WHERE id = $1`, [parked]);
  await source.query(`UPDATE flow.outbox SET made_at = now() - interval '9 days' WHERE id = $1`, [waiting]);
  await outbox.countMailTo('a@example.org', 60);
  await outbox.sweep(86_400, 0);
  expect(await rows()).toMatchObject([{ id: waiting }]);
  expect(await source.query('SELECT FROM flow.mailed')).toEqual([]);
});

it.each<[keyof typeof courierSettings.shape, (seconds: number) => Promise<void>]>([
  ['EVENTS_KEPT_S', (seconds) => outbox.sweepKept(seconds)],
  ['OUTBOX_KEEP_S', (seconds) => outbox.sweep(seconds, 60)],
  [
    'EVENTS_ORDER_S',
    async (seconds) => outbox.postpone(await outbox.lease('mail', 1, 60), { delayS: 1, orderS: seconds }),
  ],
])('the statement with %s accepts the largest value of that setting', async (name, work) => {
  await put();
  const isAccepted = (seconds: number) => courierSettings.shape[name].safeParse(seconds).success;
  const accepted = [100_000_000_000, 999_999_999_999, Number.MAX_SAFE_INTEGER].filter(isAccepted);
  expect(accepted).not.toEqual([]);
  await expect(work(accepted.at(-1)!)).resolves.toBeUndefined();
});
