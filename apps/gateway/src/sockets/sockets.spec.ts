import { once } from 'node:events';
import { Broadcaster, InProcessBus, Logger, metrics, readConfig } from '@gatehouse/platform';
import { type DynamicModule, Global, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { PageSocket, refusedSocket } from '../../../../test/support/page-socket.js';
import { sendRaw } from '../../../../test/support/raw-http.js';
import { GATEWAY_CONFIG, gatewayConfig } from '../gateway.config.js';
import { Admission } from '../http/admission/admission.js';
import { createFastifyAdapter } from '../http/http.adapter.js';
import { ProblemFilter } from '../http/problem.filter.js';
import { sessionKeysIn } from '../http/session-cookie.service.js';
import { MAX_INBOUND_BYTES } from './client-socket.js';
import { MESSAGE_SUBJECT } from './session-message.js';
import { MAX_TEXT_CHARACTERS, MAX_TEXTS, SessionMessenger } from './session-messenger.js';
import { CLOSING_MS, SocketHub } from './socket.hub.js';
import { SocketsModule } from './sockets.module.js';

@Global()
@Module({})
class SurroundingsModule {}

let app: NestFastifyApplication | undefined;
afterEach(async () => {
  await app?.close();
  app = undefined;
});

/**
 * Starts the gateway's server with the module and the in-process bus. The admission refuses every request except
 * WebSockets.
 */
async function start(settings: Readonly<Record<string, string>> = {}) {
  const config = readConfig(gatewayConfig, {
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
    SEAL_KEYS: `test:${Buffer.alloc(32).toString('base64')}`,
    SECRET_KEY: 'x'.repeat(32),
    BASE_URL: 'https://id.example.org',
    IN_FLIGHT_MAX: '1',
    ...settings,
  });
  const broadcaster = await new InProcessBus().openRequester();
  const providers = [
    { provide: GATEWAY_CONFIG, useValue: config },
    { provide: Broadcaster, useValue: broadcaster },
  ];
  const surroundings: DynamicModule = { module: SurroundingsModule, providers, exports: providers };
  const unused = () => expect.unreachable();
  const filter = new ProblemFilter(new Logger('silent'), { send: unused });
  const admission = new Admission({ delayMs: 0, max: 1 }, { take: () => 0, stop: () => undefined });
  admission.stop();
  const refusals = { pages: { flow: unused }, brands: unused, stopping: () => false };
  const adapter = createFastifyAdapter({ config, filter, admission, refusals });
  const root = { module: class {}, imports: [surroundings, SocketsModule] };
  const application = await NestFactory.create<NestFastifyApplication>(root, adapter, {
    bodyParser: false,
    logger: false,
  });
  app = application;
  application.useGlobalFilters(filter);
  await application.listen(0, '127.0.0.1');
  const hub = application.get(SocketHub);
  return {
    ...{ application, broadcaster, admission, hub, messenger: application.get(SessionMessenger) },
    url: await application.getUrl(),
    /** Checks all WebSockets as if that many seconds had passed. */
    after: (seconds: number) => hub.check(performance.now() + seconds * 1000),
  };
}

const KEY = 'a'.repeat(43);
const cookieOf = (key: string) => `authentik_session=${key}`;
const hashOf = (key: string) => sessionKeysIn(cookieOf(key), 'authentik_session')[0]!;
const OWN = { cookie: cookieOf(KEY) };
const HELLO = { level: 'success', text: 'Hello' } as const;
const HELLO_FRAME = { message_type: 'message', level: 'success', tags: 'success', message: 'Hello' };

/** Returns the value of a metric. */
async function scrape(series: string): Promise<number> {
  const line = (await metrics.metrics()).split('\n').find((text) => text.startsWith(`${series} `));
  return Number(line?.slice(series.length) ?? 0);
}

/** Sends a frame masked with zeros. `first` is its first byte: the flags and the opcode. */
function sendFrame({ ws }: PageSocket, first: number, payload: Buffer): void {
  const { _socket: stream } = ws as unknown as { _socket: NodeJS.WritableStream };
  const length = payload.length < 126 ? [payload.length] : [126, payload.length >> 8, payload.length & 0xff];
  const [head = 0, ...rest] = length;
  stream.write(Buffer.concat([Buffer.from([first, head | 0x80, ...rest, 0, 0, 0, 0]), payload]));
}

describe('messages for visitors', () => {
  it('reach every page of their session in order, and no page of another session or without a session', async () => {
    const { url, messenger } = await start();
    const [first, second] = [await PageSocket.open(url, OWN), await PageSocket.open(url, OWN)];
    const other = await PageSocket.open(url, { cookie: cookieOf('b'.repeat(43)) });
    const anonymous = await PageSocket.open(url);

    const long = { level: 'error', text: 'x'.repeat(MAX_TEXT_CHARACTERS + 1) } as const;
    messenger.send(hashOf(KEY), [HELLO, ...Array.from({ length: MAX_TEXTS }, () => long)]);
    messenger.closeSockets([hashOf(KEY)]);
    for (const page of [first, second]) {
      expect(await page.next()).toEqual(HELLO_FRAME);
      expect(await page.next()).toMatchObject({ level: 'error', message: 'x'.repeat(MAX_TEXT_CHARACTERS) });
      expect(await page.closed).toBe(1000);
      expect(page.waiting).toHaveLength(MAX_TEXTS - 2);
    }
    expect([...other.waiting, ...anonymous.waiting]).toEqual([]);
    expect([other.ws.readyState, anonymous.ws.readyState]).toEqual([WebSocket.OPEN, WebSocket.OPEN]);
  });

  it('reach a page that sent several session cookies, for the session of each of them', async () => {
    const { url, messenger } = await start();
    const page = await PageSocket.open(url, { cookie: `${cookieOf('c'.repeat(43))}; ${cookieOf(KEY)}` });
    messenger.send(hashOf(KEY), [HELLO]);
    expect(await page.next()).toEqual(HELLO_FRAME);
  });

  it('are sent over the bus under a name that reveals neither the session key nor its stored hash', async () => {
    const sent: string[] = [];
    new SessionMessenger({ broadcast: (_subject, body) => sent.push(body) > 0 }).send(hashOf(KEY), [HELLO]);
    const { channel } = JSON.parse(sent[0]!) as { channel: string };
    expect(channel).toMatch(/^[\w-]{43}$/);
    expect(sent[0]).not.toContain(KEY);
    expect([hashOf(KEY).toString('base64url'), hashOf(KEY).toString('hex')]).not.toContain(channel);
  });

  it('are lost without a session key, and counted as lost if the bus is down', async () => {
    const lost = 'gatehouse_socket_messages_total{outcome="lost"}';
    const before = await scrape(lost);
    const messenger = new SessionMessenger({ broadcast: () => false });
    messenger.send(undefined, [HELLO]);
    messenger.send(hashOf(KEY), [HELLO, HELLO]);
    expect(await scrape(lost)).toBe(before + 2);
  });

  it('are ignored if a gateway sends them in another format', async () => {
    const { url, broadcaster, messenger } = await start();
    const page = await PageSocket.open(url, OWN);
    for (const body of ['{', '[]', '{"channel":1}']) broadcaster.broadcast(MESSAGE_SUBJECT, body);
    messenger.send(hashOf(KEY), [HELLO]);
    expect(await page.next()).toEqual(HELLO_FRAME);
  });
});

describe('a request for a WebSocket', () => {
  const FORBIDDEN = { status: 403, body: { code: 'csrf_failed' } };

  it.each([
    ['another site', 'https://evil.example'],
    ['a sibling host', 'https://app.id.example.org'],
    ['the host over plain HTTP', 'http://id.example.org'],
    ['another port', 'https://id.example.org:8443'],
    ['a sandboxed frame', 'null'],
    ['no page, without Origin', null],
  ])('of %s is refused', async (_what, origin) => {
    const { url } = await start();
    expect(await refusedSocket(url, { ...OWN, origin })).toMatchObject(FORBIDDEN);
  });

  it('from a page of BASE_URL, or of the host of the request, is accepted', async () => {
    const { url } = await start();
    for (const origin of ['https://id.example.org', url])
      expect((await PageSocket.open(url, { origin })).ws.readyState).toBe(WebSocket.OPEN);
  });

  it('does not count towards the limits of requests, and its refusal has the headers and body of the API', async () => {
    const { url, admission } = await start({ SOCKETS_MAX: '1', ANONYMOUS_RATE: '1' });
    const page = await PageSocket.open(url, OWN);
    expect(admission.limit.inFlight).toBe(0);
    admission.limit.enter();
    const { status, body, headers } = await refusedSocket(url);
    expect([status, body]).toMatchObject([503, { component: 'ak-stage-flow-error' }]);
    expect(headers).toMatchObject({ 'retry-after': '1', connection: 'close', 'x-content-type-options': 'nosniff' });
    expect(headers).not.toHaveProperty('ratelimit');
    await page.close();
  });

  it('is refused above the limits of the network, the session and the process, until a WebSocket closes', async () => {
    const { url } = await start({
      SOCKETS_MAX: '3',
      SOCKETS_PER_NETWORK: '2',
      SOCKETS_PER_SESSION: '1',
      TRUSTED_PROXIES: '127.0.0.1',
    });
    const from = (ip: string, key: string) => ({
      cookie: cookieOf(key.repeat(43)),
      headers: { 'x-forwarded-for': ip },
    });
    const reasons = () =>
      Promise.all(
        ['session', 'network', 'process'].map((reason) =>
          scrape(`gatehouse_sockets_refused_total{reason="${reason}"}`),
        ),
      );
    const before = await reasons();
    const first = await PageSocket.open(url, from('2001:db8::1', 'a'));
    expect(await scrape('gatehouse_sockets_open')).toBe(1);
    expect(await refusedSocket(url, from('203.0.113.9', 'a'))).toMatchObject({ status: 429 });
    await PageSocket.open(url, from('2001:db8::2', 'b'));
    expect(await refusedSocket(url, from('2001:db8::3', 'c'))).toMatchObject({ status: 429 });
    await PageSocket.open(url, from('203.0.113.9', 'd'));
    expect(await refusedSocket(url, from('198.51.100.1', 'e'))).toMatchObject({ status: 503 });
    expect(await reasons()).toEqual(before.map((count) => count + 1));

    await first.close();
    await PageSocket.open(url, from('2001:db8::4', 'a'));
    expect(await scrape('gatehouse_sockets_open')).toBe(3);
  });

  it('is refused above the rate of its network, with or without a session', async () => {
    const { url } = await start({ SOCKET_RATE: '2', SOCKET_RATE_PERIOD_S: '3600' });
    await (await PageSocket.open(url)).close();
    await (await PageSocket.open(url, OWN)).close();
    expect(await refusedSocket(url)).toMatchObject({ status: 429, body: { code: 'rate_limited' } });
  });

  it('gets the error body of the API if its handshake is invalid', async () => {
    const { url } = await start();
    const request = ['GET /ws/client/ HTTP/1.1', 'Host: x', 'Connection: Upgrade', 'Upgrade: websocket'];
    const { status, headers, body } = await sendRaw(url, `${request.join('\r\n')}\r\nSec-WebSocket-Version: 7\r\n\r\n`);
    expect([status, headers, JSON.parse(body)]).toMatchObject([
      400,
      { connection: 'close', 'x-content-type-options': 'nosniff' },
      { code: 'malformed_http' },
    ]);
  });
});

describe('a WebSocket', () => {
  it('closes with 1009 at a message of more than 1 KiB, and ignores one of 1 KiB', async () => {
    const { url, messenger } = await start();
    const page = await PageSocket.open(url, OWN);
    page.ws.send('x'.repeat(1024));
    // The answer to the ping shows that the gateway has read the message.
    page.ws.ping();
    await once(page.ws, 'pong');
    messenger.send(hashOf(KEY), [HELLO]);
    expect(await page.next()).toEqual(HELLO_FRAME);
    page.ws.send('x'.repeat(1025));
    expect(await page.closed).toBe(1009);
  });

  it('closes with 1009 at a message of more than 1 KiB that comes in fragments', async () => {
    const { url } = await start();
    const page = await PageSocket.open(url);
    for (let part = 0; part < 3; part++) page.ws.send('x'.repeat(400), { fin: false });
    expect(await page.closed).toBe(1009);
  });

  it('closes with 1008 when the client has sent more than 16 KiB', async () => {
    const { url } = await start();
    const page = await PageSocket.open(url);
    for (let bytes = 0; bytes <= MAX_INBOUND_BYTES; bytes += 1000) page.ws.send('x'.repeat(1000));
    expect(await page.closed).toBe(1008);
  });

  it('closes with 1003 at a binary message', async () => {
    const { url } = await start();
    const page = await PageSocket.open(url);
    page.ws.send(Buffer.from('x'));
    expect(await page.closed).toBe(1003);
  });

  it('negotiates neither compression nor a subprotocol, and closes with 1002 at a compressed frame', async () => {
    const { url } = await start();
    const page = await PageSocket.open(url, { deflate: true });
    expect(page.ws.extensions).toBe('');
    sendFrame(page, 0b1100_0001, Buffer.from('compressed'));
    expect(await page.closed).toBe(1002);
  });

  it('closes after 2 s without a session cookie, and after 10 minutes with one, so that the page reconnects with its present cookie', async () => {
    const { url, after } = await start();
    const [anonymous, page] = [await PageSocket.open(url), await PageSocket.open(url, OWN)];
    after(1.9);
    expect(anonymous.ws.readyState).toBe(WebSocket.OPEN);
    after(2);
    expect(await anonymous.closed).toBe(1000);
    expect(page.ws.readyState).toBe(WebSocket.OPEN);
    after(600);
    expect(await page.closed).toBe(1000);
  });

  it('is pinged every 30 s, and ends without a handshake if the client has not answered', async () => {
    const { url, after } = await start();
    const page = await PageSocket.open(url, OWN);
    const pinged = once(page.ws, 'ping');
    after(30);
    await pinged;
    // A round trip after the answer to the ping shows that the gateway has read the answer.
    page.ws.ping();
    await once(page.ws, 'pong');
    after(60);
    expect(page.ws.readyState).toBe(WebSocket.OPEN);
    // Simulates a half-open connection: the kernel of the client answers, but the client reads nothing.
    page.ws.pause();
    after(90);
    after(120);
    page.ws.resume();
    expect(await page.closed).toBe(1006);
  });

  it('ends if its client does not read, and other pages still get their messages', async () => {
    const { url, messenger } = await start({ SOCKET_QUEUE_BYTES: '8192' });
    const dropped = 'gatehouse_socket_messages_total{outcome="dropped"}';
    const before = await scrape(dropped);
    const [slow, page] = [
      await PageSocket.open(url, OWN),
      await PageSocket.open(url, { cookie: cookieOf('b'.repeat(43)) }),
    ];
    slow.ws.pause();
    const long = { level: 'info', text: 'x'.repeat(MAX_TEXT_CHARACTERS) } as const;
    // Fills the buffers of the kernel and then the queue.
    for (let sent = 0; (await scrape(dropped)) === before; sent++) {
      expect(sent).toBeLessThan(200);
      for (let part = 0; part < 10; part++) messenger.send(hashOf(KEY), Array(10).fill(long));
      messenger.send(hashOf('b'.repeat(43)), [HELLO]);
      expect(await page.next()).toEqual(HELLO_FRAME);
    }
    slow.ws.resume();
    expect(await slow.closed).toBe(1006);
  });
});

describe('the shutdown of the gateway', () => {
  it('closes WebSockets with 1001 in the second half of SHUTDOWN_DELAY_S', async () => {
    const { url, hub } = await start();
    const pages = await Promise.all([1, 2, 3].map(() => PageSocket.open(url, OWN)));
    hub.drain(20);
    expect(await Promise.all(pages.map(({ closed }) => closed))).toEqual([1001, 1001, 1001]);
  });

  it('closes the remaining WebSockets with 1001, and is not delayed by a client that does not answer', async () => {
    const { url, application, hub } = await start();
    const [page, silent] = [await PageSocket.open(url, OWN), await PageSocket.open(url, OWN)];
    silent.ws.pause();
    const began = performance.now();
    const closing = application.close();
    app = undefined;
    expect(await page.closed).toBe(1001);
    expect(hub.stopping).toBe(true);
    await closing;
    expect(performance.now() - began).toBeLessThan(CLOSING_MS + 1000);
    silent.ws.terminate();
  });
});
