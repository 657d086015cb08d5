import { once } from 'node:events';
import { connect, headers, type Msg, type NatsConnection, type Subscription } from '@nats-io/transport-node';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  dial,
  everything,
  hello,
  LOGIN,
  type StartBus,
  says,
  startEmbedded,
  startReal,
} from '../../../test/support/buses.js';
import { describeWithNats, type RunningNats } from '../../../test/support/nats.js';
import { natsOptions } from './nats-connection.js';
import { NatsRequester, NoRespondersError } from './nats-requester.js';

describeWithNats('nats-server', () => {
  behaviours(startReal);
});
describe('the embedded broker', () => {
  behaviours(startEmbedded);

  it('keeps to its feet whatever it is sent, and serves others meanwhile', async () => {
    const broker = await startEmbedded();
    const nats = await connect({ servers: broker.url, user: LOGIN.user, pass: LOGIN.password });
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      fc
        .constantFrom(
          hello(),
          'CONNECT x\r\n',
          'CONNECT {"user":7}\r\n',
          'SUB > 1\r\n',
          'PUB a 3\r\nabc\r\n',
          'HPUB a b 9 9\r\n',
          '\r\n',
        )
        .map((text) => Buffer.from(text)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 8 }), async (pieces) => {
        const socket = await dial(broker.url);
        socket.resume();
        for (const bytes of pieces) socket.write(bytes);
        socket.end();
        await once(socket, 'close');
        await nats.flush();
      }),
      { numRuns: 60 },
    );
    await nats.close();
    await broker.stop();
  });

  it('lets everybody hear what was for them before it stops', async () => {
    const broker = await startEmbedded();
    const [sender, hearer] = await Promise.all([dial(broker.url), dial(broker.url)]);
    const heard = everything(hearer);
    hearer.write(`${hello()}SUB a 1\r\nPING\r\n`);
    await says(hearer, 'PONG');
    sender.write(`${hello()}PUB a 5\r\nlast!\r\nPING\r\n`);
    await says(sender, 'PONG');
    await broker.stop();
    expect(await heard).toContain('MSG a 1 5\r\nlast!\r\n');
  });

  it('forgets a client that it has given up on, whatever else the client said in the same breath', async () => {
    const broker = await startEmbedded({ maxPending: 1000 });
    const greedy = await dial(broker.url);
    greedy.write(`${hello()}SUB a 1\r\nPUB a 1000\r\n${'x'.repeat(1000)}\r\nSUB b 2\r\n`);
    await everything(greedy);
    const asker = await connect({ servers: broker.url, user: LOGIN.user, pass: LOGIN.password });
    await expect(asker.request('b', '', { timeout: 60_000 })).rejects.toThrow(/no responders/);
    await asker.close();
    await broker.stop();
  });

  it('says why it cannot start', async () => {
    const broker = await startEmbedded();
    const port = Number(new URL(broker.url).port);
    await expect(startEmbedded({ port })).rejects.toThrow('EADDRINUSE');
    await broker.stop();
  });
});

/** What whoever speaks to a bus may rely on. */
function behaviours(start: StartBus) {
  let bus: RunningNats;
  let open: NatsConnection[];

  beforeEach(async () => {
    bus = await start();
    open = [];
  });
  afterEach(async () => {
    await Promise.all(open.map((connection) => connection.close()));
    await bus.stop();
  });

  const restart = async (limits: Parameters<StartBus>[0]) => {
    await bus.stop();
    bus = await start(limits);
  };
  const enter = async (options: object = {}) => {
    const settings = { NATS_URL: bus.url, NATS_USER: LOGIN.user, NATS_PASSWORD: LOGIN.password };
    const connection = await connect({ ...natsOptions(settings, 'test'), ...options });
    open.push(connection);
    return connection;
  };
  const serve = async (subject: string, { queue = '', name = '' } = {}) => {
    const connection = await enter();
    const callback = (_error: unknown, message: Msg) => void message.respond(name || message.data);
    connection.subscribe(subject, queue ? { queue, callback } : { callback });
    await connection.flush();
    return connection;
  };

  it('brings questions and their answers, many at a time', async () => {
    await serve('echo');
    const asker = await enter();
    const requester = new NatsRequester(asker, '_INBOX_test', 5);
    const questions = Array.from({ length: 500 }, (_, n) => `question ${n}`);
    const answers = await Promise.all(questions.map((question) => requester.request('echo', question, 60_000)));
    expect(answers.map(text)).toEqual(questions);
    expect((await asker.request('echo', 'by the client itself')).string()).toBe('by the client itself');
  });

  it('says at once that nobody is there', async () => {
    const asker = await enter();
    await expect(new NatsRequester(asker, '_INBOX_test').request('a', '', 60_000)).rejects.toBeInstanceOf(
      NoRespondersError,
    );
    await expect(asker.request('a', '', { timeout: 60_000 })).rejects.toThrow(/no responders/);
  });

  it('gives a message to one member of a queue, and in time to all of them', async () => {
    await Promise.all(['first', 'second'].map((name) => serve('work', { queue: 'workers', name })));
    const witness = await enter();
    const seen = witness.subscribe('work', { max: 100 });
    await witness.flush();
    const asker = await enter();
    const answers = await Promise.all(Array.from({ length: 100 }, async () => (await asker.request('work')).string()));
    expect(new Set(answers)).toEqual(new Set(['first', 'second']));
    expect(await all(seen)).toHaveLength(100);
  });

  it('knows both wildcards', async () => {
    const connection = await enter();
    const [one, rest] = [connection.subscribe('a.*.c', { max: 1 }), connection.subscribe('a.>', { max: 3 })];
    for (const subject of ['a', 'a.b', 'a.b.c', 'a.b.c.d', 'b.b.c']) connection.publish(subject);
    expect((await all(one)).map(({ subject }) => subject)).toEqual(['a.b.c']);
    expect((await all(rest)).map(({ subject }) => subject)).toEqual(['a.b', 'a.b.c', 'a.b.c.d']);
  });

  it('carries headers', async () => {
    const connection = await enter();
    const heard = connection.subscribe('a', { max: 1 });
    const given = headers();
    given.append('traceparent', '00-ü');
    connection.publish('a', 'body', { headers: given });
    const [message] = await all(heard);
    expect([message?.headers?.get('traceparent'), message?.string()]).toEqual(['00-ü', 'body']);
  });

  it('drains: what came before is heard, what comes after is not', async () => {
    const [sender, hearer] = [await enter(), await enter()];
    const heard: string[] = [];
    const subscription = hearer.subscribe('a', { callback: (_error, message) => void heard.push(message.string()) });
    await hearer.flush();
    for (let n = 0; n < 100; n++) sender.publish('a', String(n));
    await sender.flush();
    await subscription.drain();
    sender.publish('a', 'late');
    await sender.flush();
    await hearer.drain();
    expect(heard).toEqual(Array.from({ length: 100 }, (_, n) => String(n)));
  });

  it('carries large messages whole, and none that are too large', async () => {
    await serve('echo');
    const asker = await enter();
    const large = Buffer.alloc(2 ** 20, 'abcdefg');
    expect(Buffer.compare((await asker.request('echo', large, { timeout: 60_000 })).data, large)).toBe(0);
    expect(() => asker.publish('echo', Buffer.alloc(2 ** 20 + 1))).toThrow(/max_payload/);
  });

  it('lets in nobody with another password, or with none', async () => {
    const login = { user: LOGIN.user, waitOnFirstConnect: false };
    await expect(enter({ ...login, pass: 'guessed' })).rejects.toThrow(/authorization/i);
    await expect(connect({ servers: bus.url })).rejects.toThrow(/authorization/i);
  });

  it('finds its clients and what they listen to again after a restart', async () => {
    const [server, asker] = [await serve('echo'), await enter()];
    const back = Promise.all([server, asker].map(reconnected));
    await restart({ port: Number(new URL(bus.url).port) });
    await back;
    await server.flush();
    expect((await asker.request('echo', 'again')).string()).toBe('again');
  });
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

async function all(subscription: Subscription): Promise<Msg[]> {
  const messages: Msg[] = [];
  for await (const message of subscription) messages.push(message);
  return messages;
}

async function reconnected(connection: NatsConnection): Promise<void> {
  for await (const { type } of connection.status()) if (type === 'reconnect') return;
}
