import { EventEmitter, once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { packageFolder } from '@gatehouse/platform';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { CorsPolicy } from '../cors.js';
import { PageRenderer } from '../pages/page-renderer.js';
import { StandardHeaders } from '../standard.headers.js';
import { Admission } from './admission.js';
import { INITIAL_LIMIT, MIN_LIMIT } from './in-flight-limit.js';
import { RefusalWriter } from './refusal-writer.js';

let pages: PageRenderer;
beforeAll(async () => {
  pages = await PageRenderer.open(join(packageFolder(), 'dist/apps/web'));
});

const brand = {
  ...{ domain: 'fallback', default: true, title: 'Our site', logo: '', favicon: '', custom_css: '' },
  ...{ flows: {}, locale: '', theme: 'automatic' as const, footer_links: [], flowsByPurpose: {}, passkeyOrigins: [] },
};

interface Received {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

/** A server that holds every admitted request until it is released. */
async function serve(limits = { delayMs: 20, max: 1000 }) {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const queue = { take: () => 0, stop: () => undefined };
  const admission = new Admission(limits, queue);
  const writer = new RefusalWriter(new StandardHeaders({ hstsMaxAgeS: undefined }), () => 'f'.repeat(32), {
    pages,
    brands: () => ({ lastKnown: () => brand }),
    stopping: () => false,
    cors: new CorsPolicy(new Set()),
  });
  const held: ServerResponse[] = [];
  const arrivals = new EventEmitter();
  const hold = (_request: IncomingMessage, response: ServerResponse) => {
    held.push(response);
    arrivals.emit('held');
  };
  /** Resolves when the server holds `count` requests. */
  const holds = async (count: number) => {
    while (held.length < count) await once(arrivals, 'held');
  };
  const server = createServer(admission.guard(hold, (...refused) => writer.write(...refused)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => {
    vi.useRealTimers();
    admission.stop();
    agent.destroy();
    server.close();
    server.closeAllConnections();
  });

  const send = (method: string, path: string, headers: Readonly<Record<string, string>> = {}) =>
    new Promise<Received>((resolve, reject) => {
      const { port } = server.address() as AddressInfo;
      const outgoing = request({ port, path, method, headers, agent }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.once('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
      });
      outgoing.once('error', reject).end(method === 'POST' ? '{}' : undefined);
    });
  /** Sends requests that the server holds. Resolves when it has them. */
  const occupy = async (count: number) => {
    const before = held.length;
    for (let i = 0; i < count; i++) void send('GET', EXECUTOR).catch(() => undefined);
    await holds(before + count);
  };
  const release = () => held.splice(0).forEach((response) => response.end('{}'));
  return { admission, queue, send, occupy, holds, held, release };
}

const EXECUTOR = '/api/v3/flows/executor/login/?query=';
const SESSION = { cookie: `authentik_session=${'k'.repeat(43)}` };
const REFUSED = {
  status: 503,
  headers: {
    'retry-after': '1',
    'x-authentik-id': 'f'.repeat(32),
    'cache-control': 'no-store',
    'x-gatehouse-reason': 'error=overloaded',
    'content-type': 'application/json; charset=utf-8',
  },
};

describe('a gateway with too many requests in flight', () => {
  it.each(['GET', 'POST'])(
    'refuses a %s with 503, Retry-After, its reason and the body of a flow error',
    async (method) => {
      const { send, occupy, held } = await serve();
      await occupy(INITIAL_LIMIT);
      const refused = await send(method, EXECUTOR);
      expect(refused).toMatchObject(REFUSED);
      expect(JSON.parse(refused.text)).toEqual({ component: 'ak-stage-flow-error', request_id: 'f'.repeat(32) });
      expect(held).toHaveLength(INITIAL_LIMIT);
    },
  );

  it('still admits GETs and answers of running logins when it refuses new visits', async () => {
    const { send, occupy, holds, release } = await serve();
    await occupy(INITIAL_LIMIT);
    const admitted = Promise.all([send('GET', EXECUTOR, SESSION), send('POST', EXECUTOR, SESSION)]);
    await holds(INITIAL_LIMIT + 2);
    release();
    expect(await admitted).toMatchObject([{ status: 200 }, { status: 200 }]);
  });

  it('still answers health probes', async () => {
    const { send, occupy, holds, held } = await serve();
    await occupy(INITIAL_LIMIT);
    const probe = send('GET', '/-/health/live/');
    await holds(INITIAL_LIMIT + 1);
    held.at(-1)?.end('{}');
    expect(await probe).toMatchObject({ status: 200 });
  });

  it('shows visitors of a flow a page in their language that retries automatically', async () => {
    const { send, occupy } = await serve();
    await occupy(INITIAL_LIMIT);
    const page = await send('GET', '/if/flow/login/?next=/', { 'accept-language': 'de' });
    expect(page).toMatchObject({
      status: 503,
      headers: { 'retry-after': '1', 'content-type': 'text/html; charset=utf-8' },
      text: expect.stringContaining('<html lang="de"'),
    });
    expect(page.text).toContain('http-equiv="refresh" content="1;url=/if/flow/login/?next=/"');
    const [, nonce] = /script-src 'nonce-([^']+)'/.exec(String(page.headers['content-security-policy'])) ?? [];
    expect(page.text).toContain(`nonce="${nonce}"`);
  });

  it.each(['/if/admin/flows/', '/flows/-/default/authentication/?next=/'])(
    'shows a browser at %s a page with a link to retry, and sends other clients the body of a flow error',
    async (address) => {
      const { send, occupy } = await serve();
      await occupy(INITIAL_LIMIT);
      const page = await send('GET', address, { accept: 'text/html,*/*;q=0.8', 'accept-language': 'de' });
      expect(page).toMatchObject({
        ...REFUSED,
        headers: { ...REFUSED.headers, 'content-type': 'text/html; charset=utf-8' },
        text: expect.stringContaining('<html lang="de"'),
      });
      expect(page.text).toContain(`class="main" href="${address}"`);
      expect(page.text).not.toContain('http-equiv="refresh"');
      expect(await send('GET', address)).toMatchObject(REFUSED);
    },
  );

  it.each(['//evil.example/if/flow/login/', '/\\evil.example/', 'https://evil.example/'])(
    'links to no other site from the page at %s (accident 10)',
    async (address) => {
      const { send, occupy } = await serve();
      await occupy(INITIAL_LIMIT);
      const { text } = await send('GET', address, { accept: 'text/html' });
      expect(text).toContain('class="main" href="/"');
      expect(text).not.toContain('evil.example');
    },
  );

  it.each([
    ['the language that they chose in the menu', 'a=b; gatehouse_locale=ar; c=d', 'ar'],
    ['the language of their browser if the choice is unknown', 'gatehouse_locale=tlh', 'de'],
  ])('shows visitors of a flow the page in %s', async (_, cookie, locale) => {
    const { send, occupy } = await serve();
    await occupy(INITIAL_LIMIT);
    const { text } = await send('GET', '/if/flow/login/', { 'accept-language': 'de', cookie });
    expect(text).toContain(`<html lang="${locale}"`);
  });

  it('keeps the cross-site mark on the page and in its retries if another site opened it', async () => {
    const { send, occupy } = await serve();
    await occupy(INITIAL_LIMIT);
    const { text } = await send('GET', '/if/flow/login/', { 'sec-fetch-site': 'cross-site' });
    expect(text).toContain('http-equiv="refresh" content="1;url=/if/flow/login/?cross_site=1"');
    expect(text).toContain('"cross_site":true');
  });

  it('admits requests again as soon as others are answered', async () => {
    const { send, occupy, holds, held, release } = await serve();
    await occupy(INITIAL_LIMIT);
    expect(await send('GET', EXECUTOR)).toMatchObject(REFUSED);
    release();
    const admitted = send('GET', EXECUTOR);
    await holds(1);
    held[0]?.end('{}');
    expect(await admitted).toMatchObject({ status: 200 });
  });

  it('admits fewer requests when requests queue for longer than the limit', async () => {
    const { admission, queue, occupy } = await serve();
    queue.take = () => 1000;
    await occupy(INITIAL_LIMIT);
    vi.advanceTimersByTime(1000);
    expect(admission.limit.value).toBe(MIN_LIMIT);
  });
});

describe('a flow with a busy stage', () => {
  it('refuses new visits with the retry time of the stage, but no request of a running login or of another flow', async () => {
    const { admission, send, occupy, holds } = await serve();
    await occupy(5);
    admission.reportBusy('login', 4);
    vi.advanceTimersByTime(100);
    expect(await send('GET', EXECUTOR)).toMatchObject({ status: 503, headers: { 'retry-after': '4' } });
    const others = [
      send('GET', EXECUTOR, SESSION),
      send('POST', EXECUTOR, SESSION),
      send('GET', EXECUTOR.replace('login', 'recovery')),
    ];
    void Promise.allSettled(others);
    await holds(8);
  });
});
