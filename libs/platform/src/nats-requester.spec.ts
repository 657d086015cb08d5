import { EventEmitter, once } from 'node:events';
import { connect, type Msg, type NatsConnection } from '@nats-io/transport-node';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { describeWithNats, type RunningNats, startNats } from '../../../test/support/nats.js';
import { BusDownError, RequestTimeoutError } from './bus.js';
import { Logger } from './logger.js';
import { connectNats } from './nats-connection.js';
import { NatsRequester } from './nats-requester.js';

const LONG = 60_000;
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

describeWithNats('a requester on NATS', () => {
  let nats: RunningNats;
  let client: NatsConnection;
  let service: NatsConnection;
  let requester: NatsRequester;

  beforeEach(async () => {
    nats = await startNats();
    client = await connectNats({ NATS_URL: nats.url }, 'client');
    service = await connectNats({ NATS_URL: nats.url }, 'service');
    requester = new NatsRequester(client, '_INBOX_client', { sweepEveryMs: 5 });
  });
  afterEach(async () => {
    await Promise.all([client.close(), service.close()]);
    await nats.stop();
  });

  const serve = async (subject: string, handle: (message: Msg) => void) => {
    service.subscribe(subject, { callback: (_error, message) => handle(message) });
    await service.flush();
  };

  it('rejects requests with BusDownError while NATS is down, and works again after NATS has restarted', async () => {
    await serve('echo', (message) => message.respond(message.data));
    const [lost, back] = [status(client, 'disconnect'), status(client, 'reconnect')];
    const served = status(service, 'reconnect');
    await nats.stop();
    await lost;
    expect(requester.connected).toBe(false);
    expect(requester.broadcast('news', 'lost')).toBe(false);
    await expect(requester.request('echo', '{}', LONG)).rejects.toBeInstanceOf(BusDownError);
    nats = await startNats({ port: Number(new URL(nats.url).port) });
    await Promise.all([back, served]);
    await service.flush();
    expect(requester.connected).toBe(true);
    expect(text(await requester.request('echo', 'again', LONG))).toBe('again');
  });

  it('rejects open requests when the connection is lost, because the server drops their replies', async () => {
    const requests = new EventEmitter();
    const received = once(requests, 'arrived');
    await serve('slow', () => requests.emit('arrived'));
    const failure = requester.request('slow', '{}', LONG).catch((error: unknown) => error);
    await received;
    await nats.stop();
    expect(await failure).toBeInstanceOf(RequestTimeoutError);
  });

  it('needs permissions only for its subjects and its inbox', async () => {
    await nats.stop();
    const user = `{ user: client, password: s, permissions: { publish: ["echo"], subscribe: ["_INBOX_client.>"] } }`;
    nats = await startNats({ config: `authorization { users: [${user}, { user: service, password: s }] }` });
    const open = (name: string) => connectNats({ NATS_URL: nats.url, NATS_USER: name, NATS_PASSWORD: 's' }, name);
    await Promise.all([client.close(), service.close()]);
    [client, service] = [await open('client'), await open('service')];
    requester = new NatsRequester(client, '_INBOX_client', { sweepEveryMs: 5, logger: new Logger('silent') });
    await serve('echo', (message) => message.respond(message.data));
    expect(text(await requester.request('echo', 'allowed', LONG))).toBe('allowed');
    // A gateway whose NATS user may not subscribe to broadcasts must still serve logins.
    requester.listen('news', () => expect.unreachable());
    expect(requester.broadcast('news', 'refused')).toBe(true);
    expect(text(await requester.request('echo', 'again', LONG))).toBe('again');
    expect(requester.connected).toBe(true);
    await expect(connect({ servers: nats.url })).rejects.toThrow(/authorization/i);
  });

  it('closes its connection when it is closed', async () => {
    await requester.close();
    expect(client.isClosed()).toBe(true);
    await expect(requester.request('echo', '{}', LONG)).rejects.toBeInstanceOf(BusDownError);
  });

  it('closes while NATS is down', async () => {
    const lost = status(client, 'disconnect');
    await nats.stop();
    await lost;
    await requester.close();
    expect(client.isClosed()).toBe(true);
  });
});

/** Resolves when the connection has reported the status `type` to all listeners. */
async function status(connection: NatsConnection, type: 'disconnect' | 'reconnect'): Promise<void> {
  for await (const event of connection.status()) {
    if (event.type === type) break;
  }
  await new Promise<void>((resolve) => setImmediate(resolve));
}
