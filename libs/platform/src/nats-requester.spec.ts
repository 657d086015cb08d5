import { connect, type Msg, type NatsConnection } from '@nats-io/transport-node';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { describeWithNats, type RunningNats, startNats } from '../../../test/support/nats.js';
import { connectNats } from './nats-connection.js';
import { NatsRequester, NatsUnavailableError, NoRespondersError, RequestTimeoutError } from './nats-requester.js';

const LONG = 60_000;
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

describeWithNats('asking over NATS', () => {
  let nats: RunningNats;
  let asker: NatsConnection;
  let answerer: NatsConnection;
  let requester: NatsRequester;

  beforeEach(async () => {
    nats = await startNats();
    asker = await connectNats({ NATS_URL: nats.url }, 'asker');
    answerer = await connectNats({ NATS_URL: nats.url }, 'answerer');
    requester = new NatsRequester(asker, '_INBOX_asker', 5);
  });
  afterEach(async () => {
    await Promise.all([asker.close(), answerer.close()]);
    await nats.stop();
  });

  const serve = async (subject: string, handle: (message: Msg) => void) => {
    answerer.subscribe(subject, { callback: (_error, message) => handle(message) });
    await answerer.flush();
  };

  it('brings each answer to the question it belongs to', async () => {
    await serve('echo', (message) => message.respond(message.data));
    const questions = Array.from({ length: 200 }, (_, n) => `question ${n}`);
    const answers = await Promise.all(questions.map((question) => requester.request('echo', question, LONG)));
    expect(answers.map(text)).toEqual(questions);
  });

  it('knows at once that nobody serves a subject', async () => {
    await expect(requester.request('nobody', '{}', LONG)).rejects.toBeInstanceOf(NoRespondersError);
  });

  it('does not take an empty answer for nobody', async () => {
    await serve('empty', (message) => message.respond());
    expect(await requester.request('empty', '{}', LONG)).toHaveLength(0);
  });

  it('gives up when nobody answers in time, and is not confused by the answer that comes later', async () => {
    const asked: Msg[] = [];
    await serve('late', (message) => void asked.push(message));
    await expect(requester.request('late', 'first', 1)).rejects.toBeInstanceOf(RequestTimeoutError);
    asked[0]?.respond('too late');
    await serve('echo', (message) => message.respond(message.data));
    expect(text(await requester.request('echo', 'second', LONG))).toBe('second');
  });

  it('says at once that the bus is gone, and asks again as soon as it is back', async () => {
    await serve('echo', (message) => message.respond(message.data));
    const [lost, back] = [status(asker, 'disconnect'), status(asker, 'reconnect')];
    const served = status(answerer, 'reconnect');
    await nats.stop();
    await lost;
    expect(requester.connected).toBe(false);
    await expect(requester.request('echo', '{}', LONG)).rejects.toBeInstanceOf(NatsUnavailableError);
    nats = await startNats({ port: Number(new URL(nats.url).port) });
    await Promise.all([back, served]);
    await answerer.flush();
    expect(requester.connected).toBe(true);
    expect(text(await requester.request('echo', 'again', LONG))).toBe('again');
  });

  it('asks with one inbox that the permissions of its user name', async () => {
    await nats.stop();
    const user = `{ user: asker, password: s, permissions: { publish: ["echo"], subscribe: ["_INBOX_asker.>"] } }`;
    nats = await startNats({ config: `authorization { users: [${user}, { user: answerer, password: s }] }` });
    const open = (name: string) => connectNats({ NATS_URL: nats.url, NATS_USER: name, NATS_PASSWORD: 's' }, name);
    await Promise.all([asker.close(), answerer.close()]);
    [asker, answerer] = [await open('asker'), await open('answerer')];
    requester = new NatsRequester(asker, '_INBOX_asker', 5);
    await serve('echo', (message) => message.respond(message.data));
    expect(text(await requester.request('echo', 'allowed', LONG))).toBe('allowed');
    await expect(connect({ servers: nats.url })).rejects.toThrow(/authorization/i);
  });

  it('leaves with the connection, and asks nothing afterwards', async () => {
    await requester.close();
    expect(asker.isClosed()).toBe(true);
    await expect(requester.request('echo', '{}', LONG)).rejects.toBeInstanceOf(NatsUnavailableError);
  });

  it('can leave while the bus is gone', async () => {
    const lost = status(asker, 'disconnect');
    await nats.stop();
    await lost;
    await requester.close();
    expect(asker.isClosed()).toBe(true);
  });
});

/** Resolves once the connection reports `type`, after everybody who listened before has heard of it. */
async function status(connection: NatsConnection, type: 'disconnect' | 'reconnect'): Promise<void> {
  for await (const event of connection.status()) {
    if (event.type === type) break;
  }
  await new Promise<void>((resolve) => setImmediate(resolve));
}
