import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createCertificate } from '../test/support/certificate.js';
import { CookieJar } from './cookie-jar.js';
import { HttpClient } from './http-client.js';

const stops: (() => unknown)[] = [];
afterEach(() => stops.splice(0).forEach((stop) => void stop()));

/** Starts a server with a self-signed certificate. It responds when `release` resolves. */
async function site(release: Promise<void> = Promise.resolve()) {
  const server = createServer(createCertificate(), (_, response) => void release.then(() => response.end('hello')));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stops.push(() => server.close());
  return `https://localhost:${(server.address() as AddressInfo).port}`;
}

function look(url: string, options: { insecure?: boolean; timeoutMs?: number } = {}) {
  const client = new HttpClient(url, { timeoutMs: 10_000, ...options });
  stops.push(() => client.close());
  return client.send({ method: 'GET', path: '/', headers: {} });
}

describe('requests of the load generator', () => {
  it('fail for a self-signed certificate, unless --insecure accepts any certificate', async () => {
    const url = await site();
    await expect(look(url)).rejects.toThrow(/self-signed certificate/);
    expect(await look(url, { insecure: true })).toMatchObject({ status: 200, text: 'hello' });
  });

  it('end after their time limit', async () => {
    const never = new Promise<void>(() => undefined);
    await expect(look(await site(never), { insecure: true, timeoutMs: 50 })).rejects.toThrow(
      'no response within 50 ms',
    );
  });
});

describe('the cookies of a visitor', () => {
  it('are replaced by name, and deleted when they have expired', () => {
    const jar = new CookieJar();
    jar.store(['a=1; Path=/; HttpOnly', 'b=x=y', 'c=3; Max-Age=60']);
    jar.store(['a=2']);
    expect(jar.header).toBe('a=2; b=x=y; c=3');
    jar.store(['a=; Max-Age=0', 'b=; Expires=Thu, 01 Jan 1970 00:00:00 GMT']);
    expect([jar.header, jar.get('a'), jar.get('c')]).toEqual(['c=3', undefined, '3']);
  });
});
