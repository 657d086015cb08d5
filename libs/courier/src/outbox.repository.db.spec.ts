import { randomUUID } from 'node:crypto';
import { enrol, flowDatabase } from '@gatehouse/executor-postgres/testing';
import { type OutboxMessage, outboxRow } from '@gatehouse/outbox';
import { Sealer } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TypeormOutbox } from './outbox.repository.js';

const sealer = new Sealer(`k:${Buffer.alloc(32, 7).toString('base64')}`);
const [MAIL, EVENT] = ['mail', 'events.login'];
const secret = { url: 'https://id.example.org/?flow_token=hidden' };

let source: DataSource;
let close: () => Promise<void>;
let outbox: TypeormOutbox;
beforeAll(async () => {
  ({ source, close } = await flowDatabase());
  outbox = new TypeormOutbox(source, sealer);
});
afterAll(() => close());
beforeEach(() => source.query('TRUNCATE flow.outbox, flow.mailed'));

async function put(message: OutboxMessage = { topic: MAIL, body: secret }, by = sealer): Promise<string> {
  const { id, topic, body } = outboxRow(message, by);
  await source.query('INSERT INTO flow.outbox (id, topic, body, due_at) VALUES ($1, $2, $3, now())', [id, topic, body]);
  return id;
}
const rows = (): Promise<Record<string, unknown>[]> => source.query('SELECT * FROM flow.outbox ORDER BY made_at');
/** As if the time for which something was taken were over. */
const timeIsOver = () => source.query(`UPDATE flow.outbox SET due_at = now() - interval '1 second'`);

describe('what is due', () => {
  it('is opened for whoever takes it, and sealed for everybody else', async () => {
    const id = await put();
    expect(await outbox.take('mail', 5, 60)).toMatchObject([{ id, topic: MAIL, tries: 1, body: secret }]);
    expect(String((await rows())[0]!['body'])).not.toContain('hidden');
  });

  it('is taken by one of many, each time once', async () => {
    const ids = await Promise.all(Array.from({ length: 40 }, () => put()));
    const taken = await Promise.all(Array.from({ length: 20 }, () => outbox.take('mail', 3, 60)));
    expect(
      taken
        .flat()
        .map(({ id }) => id)
        .sort(),
    ).toEqual(ids.toSorted());
  });

  it('is given as mails or as events, the oldest first, and no more than was asked for', async () => {
    const [first, second] = [await put(), await put()];
    const event = await put({ topic: EVENT, body: {} });
    expect((await outbox.take('mail', 1, 60)).map(({ id }) => id)).toEqual([first]);
    expect((await outbox.take('mail', 5, 60)).map(({ id }) => id)).toEqual([second]);
    expect((await outbox.take('event', 5, 60)).map(({ id }) => id)).toEqual([event]);
  });

  it('has no body where no key opens it', async () => {
    await put(undefined, new Sealer(`k:${Buffer.alloc(32, 8).toString('base64')}`));
    expect(await outbox.take('mail', 1, 60)).toMatchObject([{ body: undefined }]);
  });
});

describe('who took something', () => {
  it('is done with it, and what follows is in the outbox with that', async () => {
    await put();
    const taken = await outbox.take('mail', 1, 60);
    await outbox.done(taken, { topic: 'events.email_sent', body: { well: 'done' } });
    expect(await outbox.take('mail', 1, 60)).toEqual([]);
    expect(await outbox.take('event', 1, 60)).toMatchObject([{ topic: 'events.email_sent', body: { well: 'done' } }]);
  });

  it('puts it back for later, with what went wrong', async () => {
    await put();
    const [taken] = await outbox.take('mail', 1, 60);
    await outbox.later(taken!, 'the server is away', 60);
    expect(await outbox.take('mail', 1, 60)).toEqual([]);
    await timeIsOver();
    expect(await outbox.take('mail', 1, 60)).toMatchObject([{ tries: 2 }]);
    expect(await rows()).toMatchObject([{ error: 'the server is away' }]);
  });

  it('parks it, where it stays', async () => {
    await put();
    const [taken] = await outbox.take('mail', 1, 60);
    await outbox.park(taken!, 'nobody of that name', { topic: 'events.configuration_error', body: {} });
    await timeIsOver();
    expect(await outbox.take('mail', 1, 60)).toEqual([]);
    expect(await outbox.standing()).toEqual(
      expect.arrayContaining([expect.objectContaining({ sort: 'mail', waiting: 0, parked: 1 })]),
    );
    expect(await outbox.take('event', 1, 60)).toHaveLength(1);
  });

  it('has no say any more when somebody else has taken it since', async () => {
    const id = await put();
    const [mine] = await outbox.take('mail', 1, 60);
    await timeIsOver();
    const [theirs] = await outbox.take('mail', 1, 60);
    await outbox.done([mine!], { topic: 'events.email_sent', body: {} });
    await outbox.park(mine!, 'mine');
    await outbox.later(mine!, 'mine', 0);
    expect(await rows()).toMatchObject([{ id, tries: 2, parked_at: null, error: null }]);
    await outbox.done([theirs!]);
    expect(await rows()).toEqual([]);
  });

  it('does not write down the secret of a link that a server repeats, nor more than is of use', async () => {
    await put();
    const [taken] = await outbox.take('mail', 1, 60);
    await outbox.park(taken!, `554 bad link ${secret.url}&x=1\r\n${'x'.repeat(1000)}`);
    const error = String((await rows())[0]!['error']);
    expect(error).not.toContain('hidden');
    expect(error).toMatch(/^554 bad link .*flow_token=…&x=1 x+$/);
    expect(error).toHaveLength(500);
  });
});

describe('mails to one address', () => {
  it('are counted, however it is written, in the current period only', async () => {
    expect([await outbox.countTo('a@example.org', 60), await outbox.countTo('A@Example.org', 60)]).toEqual([1, 2]);
    expect(await outbox.countTo('b@example.org', 60)).toBe(1);
    await source.query(`UPDATE flow.mailed SET since = now() - interval '61 seconds'`);
    expect(await outbox.countTo('a@example.org', 60)).toBe(1);
  });

  it('are counted one by one when there are many at once', async () => {
    const counts = await Promise.all(Array.from({ length: 10 }, () => outbox.countTo('a@example.org', 60)));
    expect(counts.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('are known by a digest of the address', async () => {
    await outbox.countTo('a@example.org', 60);
    expect(JSON.stringify(await source.query(`SELECT encode(recipient, 'escape') FROM flow.mailed`))).not.toContain(
      'example',
    );
  });
});

it('notes the last of several logins, in whatever order they are heard of', async () => {
  const { uuid } = await enrol(source);
  const at = (time: string) => new Date(`2026-01-01T${time}Z`);
  for (const time of ['10:00:00', '12:00:00', '11:00:00']) await outbox.noteLogin(uuid, at(time));
  await outbox.noteLogin(randomUUID(), at('13:00:00'));
  expect(await source.query('SELECT last_login FROM directory.users WHERE id = $1', [uuid])).toEqual([
    { last_login: at('12:00:00') },
  ]);
});

it('removes what was parked long ago, and nothing that waits', async () => {
  const [parked, waiting] = [await put(), await put()];
  await source.query(`UPDATE flow.outbox SET parked_at = now() - interval '2 days' WHERE id = $1`, [parked]);
  await source.query(`UPDATE flow.outbox SET made_at = now() - interval '9 days' WHERE id = $1`, [waiting]);
  await outbox.countTo('a@example.org', 60);
  await outbox.sweep(86_400, 0);
  expect(await rows()).toMatchObject([{ id: waiting }]);
  expect(await source.query('SELECT FROM flow.mailed')).toEqual([]);
});
