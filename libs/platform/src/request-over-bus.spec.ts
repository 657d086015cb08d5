import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { serveOn } from '../../../test/support/buses.js';
import { type BusServer, ReplyLostError, Requester } from './bus.js';
import { InProcessBus } from './in-process-bus.js';
import { type BusRequest, requestOverBus } from './request-over-bus.js';

const SUBJECT = 'stage.sample.respond';
const reply = z.object({ word: z.string() });

let bus: InProcessBus;
let requester: Requester;
let servers: BusServer[];
beforeEach(async () => {
  bus = new InProcessBus();
  requester = await bus.openRequester();
  servers = [];
});
afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()));
  await requester.close();
});

const serve = async (answer: () => Promise<unknown>) => {
  servers.push(await serveOn(bus, { [SUBJECT]: answer }, 1));
};
const ask = (more: Partial<BusRequest<typeof reply>> = {}) =>
  requestOverBus(requester, { subject: SUBJECT, body: '{}', timeoutMs: 60_000, reply, ...more });
/** A handler that never sends a reply. */
const silent = () => new Promise(() => undefined);

describe('a request over the bus', () => {
  it('removes the fields that the schema of the reply does not name', async () => {
    await serve(async () => ({ word: 'yes', more: 1 }));
    expect(await ask()).toEqual({ word: 'yes' });
  });

  it('throws stage_away when no service serves the subject', async () => {
    await expect(ask()).rejects.toMatchObject({ code: 'stage_away', retryAfterS: 1 });
  });

  it('throws stage_timeout when no reply arrives within its time limit', async () => {
    await serve(silent);
    await expect(ask({ timeoutMs: 1 })).rejects.toMatchObject({ code: 'stage_timeout' });
  });

  it('throws bus_down when the bus cannot be reached', async () => {
    await requester.close();
    await expect(ask()).rejects.toMatchObject({ code: 'bus_down' });
  });

  it('throws the problem that the service replies with, including its retry delay and its stack trace', async () => {
    const problem = { code: 'stage_busy', retry_after_s: 7, detail: 'Later.', trace: 'at somewhere' };
    await serve(async () => ({ problem }));
    await expect(ask()).rejects.toMatchObject({
      ...{ code: 'stage_busy', retryAfterS: 7, message: 'Later.', cause: 'at somewhere' },
    });
    await expect(ask({ answeredCode: 'policy_away' })).rejects.toMatchObject({ code: 'policy_away', retryAfterS: 7 });
  });

  it.each<[string, unknown]>([
    ['is not JSON', Buffer.from('{')],
    ['nests deeper than 128 levels', Buffer.from(`{"word":"a","more":${'['.repeat(128)}${']'.repeat(128)}}`)],
    ['does not fit the schema', { word: 1 }],
    ['is a problem without a known code', { problem: { code: 'rate_limited' } }],
    ['is longer than allowed', { word: 'x'.repeat(1000) }],
  ])('throws stage_fault when the reply %s', async (_why, answer) => {
    await serve(async () => answer);
    const detail = `the reply on ${SUBJECT} does not fit its contract`;
    await expect(ask({ maxReplyBytes: 1000 })).rejects.toMatchObject({ code: 'stage_fault', message: detail });
  });

  it('throws the problem codes that the caller sets in `codes` instead of the default codes', async () => {
    const codes = { stage_away: 'policy_away', stage_timeout: 'database_away', stage_fault: 'internal_fault' } as const;
    await expect(ask({ codes })).rejects.toMatchObject({ code: 'policy_away' });
    let answer: () => Promise<unknown> = silent;
    await serve(() => answer());
    await expect(ask({ codes, timeoutMs: 1 })).rejects.toMatchObject({ code: 'database_away' });
    answer = async () => 1;
    await expect(ask({ codes })).rejects.toMatchObject({ code: 'internal_fault' });
  });

  it('that is idempotent is sent a second time when no service served the subject at first', async () => {
    const starting = new ServiceThatStarts(requester, () => serve(async () => ({ word: 'again' })));
    const request = { subject: SUBJECT, body: '{}', timeoutMs: 60_000, reply };
    expect(await requestOverBus(starting, { ...request, idempotent: true })).toEqual({ word: 'again' });
    expect(starting.requests).toBe(2);
  });

  it('that is not idempotent is sent only once', async () => {
    const starting = new ServiceThatStarts(requester, () => serve(async () => ({ word: 'again' })));
    const request = { subject: SUBJECT, body: '{}', timeoutMs: 60_000, reply };
    await expect(requestOverBus(starting, request)).rejects.toMatchObject({ code: 'stage_away' });
    expect(starting.requests).toBe(1);
  });

  it('that is idempotent is sent a second time, with the remaining time limit, when its reply was lost', async () => {
    await serve(async () => ({ word: 'again' }));
    const losing = new LossyRequester(requester);
    const request = { subject: SUBJECT, body: '{}', timeoutMs: 60_000, reply };
    expect(await requestOverBus(losing, { ...request, idempotent: true })).toEqual({ word: 'again' });
    expect(losing.timeouts).toHaveLength(2);
    expect(losing.timeouts[1]).toBeLessThan(60_000);
  });

  it('that is not idempotent throws stage_timeout when its reply was lost', async () => {
    await serve(async () => ({ word: 'again' }));
    const losing = new LossyRequester(requester);
    const request = { subject: SUBJECT, body: '{}', timeoutMs: 60_000, reply };
    await expect(requestOverBus(losing, request)).rejects.toMatchObject({ code: 'stage_timeout' });
    expect(losing.timeouts).toEqual([60_000]);
  });
});

/** Forwards requests to another requester. Loses the reply to the first request. */
class LossyRequester extends Requester {
  /** The time limit of each request in milliseconds. */
  readonly timeouts: number[] = [];
  readonly connected = true;
  readonly refused = new Promise<never>(() => undefined);

  constructor(private readonly inner: Requester) {
    super();
  }

  async request(subject: string, body: string, timeoutMs: number): Promise<Uint8Array> {
    this.timeouts.push(timeoutMs);
    const reply = await this.inner.request(subject, body, timeoutMs);
    if (this.timeouts.length === 1) throw new ReplyLostError('lost');
    return reply;
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}

/** Forwards requests to another requester, and starts the service after the first request. */
class ServiceThatStarts extends Requester {
  requests = 0;
  readonly connected = true;
  readonly refused = new Promise<never>(() => undefined);

  constructor(
    private readonly inner: Requester,
    private readonly start: () => Promise<void>,
  ) {
    super();
  }

  async request(subject: string, body: string, timeoutMs: number): Promise<Uint8Array> {
    const first = this.requests++ === 0;
    try {
      return await this.inner.request(subject, body, timeoutMs);
    } finally {
      if (first) await this.start();
    }
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}
