import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithNats, type RunningNats, startNats } from '../../../test/support/nats.js';
import type { Publisher } from './bus.js';
import { NatsBus } from './nats-bus.js';
import { NatsPublisher } from './nats-publisher.js';

const SETTINGS = { timeoutMs: 10_000, stream: undefined };
const STREAM = 'EVENTS';

let store: string;
let nats: RunningNats;
beforeAll(async () => {
  store = await mkdtemp(join(tmpdir(), 'gatehouse-publisher-'));
  nats = await startNats({ config: `max_payload: 2048\njetstream { store_dir: ${JSON.stringify(store)} }` });
  const operator = await connect({ servers: nats.url });
  // This stream refuses a second message on a subject, so the tests can choose which messages it stores.
  const limits = { max_msgs_per_subject: 1, discard: 'new', discard_new_per_subject: true, max_msg_size: 1024 };
  const stream = { name: STREAM, subjects: ['events.*'], storage: 'memory', ...limits };
  const reply = await operator.request(`$JS.API.STREAM.CREATE.${STREAM}`, JSON.stringify(stream));
  if (reply.json<{ error?: object }>().error) throw new Error(`the stream was refused: ${reply.string()}`);
  await operator.close();
});
afterAll(async () => {
  await nats?.stop();
  await rm(store, { recursive: true, force: true });
});

async function withPublisher<T>(stream: string | undefined, work: (publisher: Publisher) => Promise<T>): Promise<T> {
  const publisher = await new NatsBus({ NATS_URL: nats.url }).openPublisher('courier', { ...SETTINGS, stream });
  try {
    return await work(publisher);
  } finally {
    await publisher.close();
  }
}

const message = (id: string, orderKey?: string, text = '') => ({
  ...{ id, subject: `events.${id}`, contentType: 'application/json', body: { text }, orderKey },
});
const LARGE = 'x'.repeat(1500);
const TOO_LARGE = 'x'.repeat(4000);

describeWithNats('a publisher of events on NATS', () => {
  it('stores no further message of a key after a refused one, and stores messages of other keys', async () => {
    const stored = { ...message('stored', 'alice'), id: 'again' };
    const unpublished = await withPublisher(STREAM, async (publisher) => {
      expect(await publisher.publish([message('stored', 'alice')])).toEqual([]);
      const batch = [stored, message('later', 'alice'), message('other', 'bob'), message('free')];
      return publisher.publish(batch);
    });
    expect(unpublished).toMatchObject([
      { id: 'again', isFinal: false, error: { message: expect.stringContaining('the stream EVENTS refuses') } },
      { id: 'later', isFinal: false },
    ]);
  });

  it('says how to create a stream when none stores the subject, and returns the message as not final', async () => {
    const homeless = { ...message('homeless'), subject: 'nowhere.homeless' };
    const unpublished = await withPublisher(STREAM, (publisher) => publisher.publish([homeless]));
    const text =
      'no stream stores nowhere.homeless. EVENTS_STREAM is EVENTS: create it with `npm run events -- stream`';
    expect(unpublished).toMatchObject([
      { id: 'homeless', isFinal: false, error: { message: expect.stringContaining(text) } },
    ]);
  });

  it('returns a message that is too large as final, and publishes the next message of its key', async () => {
    const batch = [message('large', 'carol', LARGE), message('larger', 'carol', TOO_LARGE), message('small', 'carol')];
    const finals = [
      { id: 'large', isFinal: true },
      { id: 'larger', isFinal: true },
    ];
    expect(await withPublisher(STREAM, (publisher) => publisher.publish(batch))).toMatchObject(finals);
    expect(await withPublisher(undefined, (publisher) => publisher.publish(batch))).toMatchObject([
      { id: 'larger', isFinal: true },
    ]);
  });

  it('ignores errors that the server reported before the present batch', async () => {
    const limited = await startNats({
      config: 'authorization { users: [{ user: courier, password: p, permissions: { publish: "events.*" } }] }',
    });
    const connection = await connect({ servers: limited.url, user: 'courier', pass: 'p' });
    const publisher = new NatsPublisher(connection, SETTINGS);
    const denied = { ...message('denied'), subject: 'nowhere.denied' };
    await expect(publisher.publish([denied])).rejects.toThrow(/Permissions Violation/i);
    const reported = once(connection.status(), 'error');
    connection.publish('nowhere.denied');
    await reported;
    expect(await publisher.publish([message('allowed')])).toEqual([]);
    await publisher.close();
    await limited.stop();
  });
});

/** Resolves when a status of this type was reported. */
async function once(statuses: ReturnType<NatsConnection['status']>, type: string): Promise<void> {
  for await (const status of statuses) if (status.type === type) return;
}
