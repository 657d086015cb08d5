import { Logger } from '@nestjs/common';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { describeBuses, MAX_MESSAGE_BYTES, type RunningBus, serveOn } from '../../../test/support/buses.js';
import {
  type Broadcaster,
  BusDownError,
  type BusServer,
  NoRespondersError,
  type Requester,
  RequestTimeoutError,
} from './bus.js';
import { MALFORMED } from './json-responder.js';

const LONG = 60_000;
const SUBJECT = 'stage.sample.respond';
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
type Handler = (data: unknown) => Promise<unknown>;

describeBuses('a message bus', (start) => {
  let running: RunningBus;
  let requester: Requester & Broadcaster;
  let servers: BusServer[];

  // The tests cause failures on purpose, so their log lines are discarded.
  beforeAll(() => Logger.overrideLogger(false));
  beforeEach(async () => {
    running = await start();
    requester = await running.bus.openRequester('requester');
    servers = [];
  });
  afterEach(async () => {
    await Promise.all(servers.map((server) => server.close()));
    await requester.close();
    await running.stop();
  });

  const serve = async (handler: Handler, drainMs?: number) => {
    const server = await serveOn(running.bus, { [SUBJECT]: handler }, drainMs);
    servers.push(server);
    return server;
  };
  const ask = async (body: string | Uint8Array): Promise<unknown> =>
    JSON.parse(textOf(await requester.request(SUBJECT, body, LONG)));

  it('passes requests and replies on as plain JSON', async () => {
    await serve(async (data) => ({ received: data }));
    expect(await ask('{"a":[1,null,"ü"]}')).toEqual({ received: { a: [1, null, 'ü'] } });
  });

  it('matches each of 200 concurrent replies to its request', async () => {
    await serve(async (data) => data);
    const numbers = Array.from({ length: 200 }, (_, n) => n);
    expect(await Promise.all(numbers.map((n) => ask(String(n))))).toEqual(numbers);
  });

  const tooDeep = `${'['.repeat(129)}${']'.repeat(129)}`;
  it.each(['', 'x', '{"a":', '\u0000', tooDeep])(
    'gives the handler MALFORMED for a body that is not JSON or nested too deeply: %j',
    async (body) => {
      await serve(async (data) => ({ malformed: data === MALFORMED }));
      expect(await ask(body)).toEqual({ malformed: true });
    },
  );

  it('replies null if the handler returns undefined', async () => {
    await serve(async () => undefined);
    expect(await ask('{}')).toBeNull();
  });

  it('passes on an empty reply', async () => {
    await serve(async () => new Uint8Array());
    expect(await requester.request(SUBJECT, '{}', LONG)).toHaveLength(0);
  });

  it('rejects a request at once with NoRespondersError when no handler serves its subject', async () => {
    await expect(ask('{}')).rejects.toBeInstanceOf(NoRespondersError);
  });

  it('rejects a request with RequestTimeoutError after its time limit, and ignores a late reply', async () => {
    const [entered, finish] = [signal(), signal()];
    let late = true;
    await serve(async (data) => {
      if (!late) return data;
      entered.resolve();
      await finish.promise;
      return 'too late';
    });
    const failure = requester.request(SUBJECT, '"first"', 1).catch((error: unknown) => error);
    await entered.promise;
    expect(await failure).toBeInstanceOf(RequestTimeoutError);
    late = false;
    finish.resolve();
    expect(await ask('"second"')).toBe('second');
  });

  it('rejects a request with RequestTimeoutError when its handler throws', async () => {
    await serve(async () => {
      throw new Error('broken');
    });
    await expect(requester.request(SUBJECT, '{}', 50)).rejects.toBeInstanceOf(RequestTimeoutError);
  });

  it('accepts a message of the maximum size, and rejects a larger one with BusDownError', async () => {
    await serve(async (data) => String(data).length);
    const filled = (bytes: number) => `"${'x'.repeat(bytes - 2)}"`;
    expect(await ask(filled(MAX_MESSAGE_BYTES))).toBe(MAX_MESSAGE_BYTES - 2);
    await expect(ask(filled(MAX_MESSAGE_BYTES + 1))).rejects.toBeInstanceOf(BusDownError);
  });

  it('does not send a reply above the maximum size, so the request times out', async () => {
    await serve(async () => new Uint8Array(MAX_MESSAGE_BYTES + 1));
    await expect(requester.request(SUBJECT, '{}', 50)).rejects.toBeInstanceOf(RequestTimeoutError);
  });

  it('answers the open requests of a closing server, and accepts no new ones for it', async () => {
    const [entered, finish] = [signal(), signal()];
    const server = await serve(async () => {
      entered.resolve();
      await finish.promise;
      return 'answered';
    });
    const open = ask('{}');
    await entered.promise;
    const closing = server.close();
    await running.flush(server);
    await expect(ask('{}')).rejects.toBeInstanceOf(NoRespondersError);
    finish.resolve();
    expect(await open).toBe('answered');
    await closing;
  });

  it('closes a server whose handler has thrown', async () => {
    const failed = signal();
    const server = await serve(async () => {
      failed.resolve();
      throw new Error('broken');
    });
    void ask('{}').catch(() => undefined);
    await failed.promise;
    await expect(server.close()).resolves.toBeUndefined();
  });

  it('closes a server when its drain time is over, even if a handler is still running', async () => {
    const entered = signal();
    const server = await serve(() => {
      entered.resolve();
      return new Promise(() => undefined);
    }, 1);
    void ask('{}').catch(() => undefined);
    await entered.promise;
    await expect(server.close()).resolves.toBeUndefined();
  });

  it('rejects open and new requests with BusDownError when the requester closes', async () => {
    const entered = signal();
    await serve(() => {
      entered.resolve();
      return new Promise(() => undefined);
    }, 1);
    const open = ask('{}');
    await entered.promise;
    expect(requester.connected).toBe(true);
    await Promise.all([expect(open).rejects.toBeInstanceOf(BusDownError), requester.close()]);
    expect(requester.connected).toBe(false);
    await expect(ask('{}')).rejects.toBeInstanceOf(BusDownError);
  });

  it('delivers each event to the handler of its subject, and drops an event without a handler', async () => {
    const received: unknown[] = [];
    const all = signal();
    await serve(async (data) => {
      received.push(data);
      if (received.length === 2) all.resolve();
    });
    const publisher = await running.bus.openPublisher('publisher', { timeoutMs: LONG, stream: undefined });
    const event = (id: string, subject = SUBJECT) => ({ id, subject, contentType: 'application/json', body: { id } });
    await publisher.publish([event('1'), event('2', 'unserved'), event('3')]);
    await all.promise;
    expect(received).toEqual([{ id: '1' }, { id: '3' }]);
    await publisher.close();
  });

  it('delivers broadcasts in order to every listener, including the sender, until the listener closes', async () => {
    const sender = await running.bus.openRequester('sender');
    const received: string[] = [];
    const all = signal();
    requester.listen('news', (body) => {
      received.push(textOf(body));
      if (received.length === 3) all.resolve();
    });
    await serve(async (data) => data);
    // A reply to a later request shows that the bus has processed the subscription.
    await ask('{}');
    for (const text of ['first', 'second']) expect(sender.broadcast('news', text)).toBe(true);
    await sender.request(SUBJECT, '{}', LONG);
    expect(requester.broadcast('news', 'own')).toBe(true);
    await all.promise;
    expect(received).toEqual(['first', 'second', 'own']);

    sender.broadcast('news', 'too late');
    await requester.close();
    expect(requester.broadcast('news', 'closed')).toBe(false);
    await sender.close();
    expect(received).not.toContain('closed');
  });
});

/** Returns a promise and the function that resolves it. */
function signal() {
  let resolvePromise: () => void = () => undefined;
  const promise = new Promise<void>((resolve) => {
    resolvePromise = resolve;
  });
  return { promise, resolve: () => resolvePromise() };
}
