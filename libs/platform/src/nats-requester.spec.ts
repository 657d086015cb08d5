import { connect, type Msg, type NatsConnection } from '@nats-io/transport-node';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { describeWithNats, type RunningNats, startNats } from '../../../test/support/nats.js';
import { BusDownError } from './bus.js';
import { connectNats } from './nats-connection.js';
import { NatsRequester } from './nats-requester.js';

const LONG = 60_000;
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

describeWithNats('a requester on NATS', () => {
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

  it('fails with BusDownError while NATS is down, and works again after it is back', async () => {
    await serve('echo', (message) => message.respond(message.data));
    const [lost, back] = [status(asker, 'disconnect'), status(asker, 'reconnect')];
    const served = status(answerer, 'reconnect');
    await nats.stop();
    await lost;
    expect(requester.connected).toBe(false);
    await expect(requester.request('echo', '{}', LONG)).rejects.toBeInstanceOf(BusDownError);
    nats = await startNats({ port: Number(new URL(nats.url).port) });
    await Promise.all([back, served]);
    await answerer.flush();
    expect(requester.connected).toBe(true);
    expect(text(await requester.request('echo', 'again', LONG))).toBe('again');
  });

  it('needs no permission but its subjects and its inbox', async () => {
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

  it('closes its connection', async () => {
    await requester.close();
    expect(asker.isClosed()).toBe(true);
    await expect(requester.request('echo', '{}', LONG)).rejects.toBeInstanceOf(BusDownError);
  });

  it('can close while NATS is down', async () => {
    const lost = status(asker, 'disconnect');
    await nats.stop();
    await lost;
    await requester.close();
    expect(asker.isClosed()).toBe(true);
  });
});

/** Resolves when the connection has reported `type` to every listener. */
async function status(connection: NatsConnection, type: 'disconnect' | 'reconnect'): Promise<void> {
  for await (const event of connection.status()) {
    if (event.type === type) break;
  }
  await new Promise<void>((resolve) => setImmediate(resolve));
}
