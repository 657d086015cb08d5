import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LoopbackServer, startLoopbackServer } from '../../../testing/loopback-server.js';
import { AllowedHosts } from './allowed-hosts.js';
import { PolicyHttpClient, type PolicyHttpLimits } from './policy-http-client.js';

let server: LoopbackServer;
beforeAll(async () => {
  server = await startLoopbackServer();
});
afterAll(() => server?.close());

const LIMITS: PolicyHttpLimits = { timeoutMs: 5000, maxBytes: 1000, requests: 1 };
const outside = (more: Partial<PolicyHttpLimits> = {}, hosts = [`127.0.0.1:${server.port}`]) =>
  new PolicyHttpClient(new AllowedHosts(hosts), { ...LIMITS, ...more });

interface Told {
  readonly status: number;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}
type Question = Parameters<PolicyHttpClient['ask']>[0];
const QUESTION: Question = { method: 'GET', url: '', headers: {}, body: null, timeout_ms: null, redirects: true };

async function ask(path: string, more: Partial<Question> = {}, by = outside()) {
  const told = (await by.ask(
    { ...QUESTION, url: `${server.url}${path}`, ...more },
    new AbortController().signal,
  )) as Told;
  return { ...told, text: Buffer.from(told.body, 'base64').toString() };
}
const echoed = async (...args: Parameters<typeof ask>) => JSON.parse((await ask(...args)).text);

describe('a server that policies may ask', () => {
  it('gets the method, the headers and the body, and its whole answer is told', async () => {
    const body = Buffer.from('hello').toString('base64');
    const told = await ask('/echo?a=1', { method: 'PUT', headers: { 'X-Key': 'k' }, body });
    expect(told).toMatchObject({
      status: 200,
      url: `${server.url}/echo?a=1`,
      headers: { 'content-type': 'application/json' },
    });
    expect(JSON.parse(told.text)).toMatchObject({
      ...{ method: 'PUT', url: '/echo?a=1', body: 'hello' },
      headers: { 'x-key': 'k', 'user-agent': 'gatehouse', 'accept-encoding': 'identity' },
    });
  });

  it('is told as it answers, also when it refuses', async () => {
    expect(await ask('/status/404')).toMatchObject({ status: 404, text: '' });
  });

  it('may answer as much as is allowed, and not a byte more', async () => {
    expect((await ask('/bytes/1000')).text).toHaveLength(1000);
    await expect(ask('/bytes/1001')).rejects.toThrow('answers with more than 1000 bytes');
  });

  it.each(['/silent', '/hanging'])('has its time and no more: %s', async (path) => {
    await expect(ask(path, { timeout_ms: 30 })).rejects.toThrow('did not answer in time');
    await expect(ask(path, { timeout_ms: 60_000 }, outside({ timeoutMs: 30 }))).rejects.toThrow(
      'did not answer in time',
    );
  });

  it('is left when nobody waits any more', async () => {
    const leaving = outside().ask({ ...QUESTION, url: `${server.url}/silent` }, AbortSignal.abort());
    await expect(leaving).rejects.toThrow('did not answer in time');
  });

  it('does not answer compressed', async () => {
    await expect(ask('/gzip')).rejects.toThrow('answers in gzip');
  });

  it('cannot be asked for what is no request', async () => {
    for (const headers of [{ Host: 'evil.example' }, { 'Content-Length': '1' }, { 'Transfer-Encoding': 'chunked' }])
      await expect(ask('/echo', { headers })).rejects.toThrow('does not set the header');
    await expect(ask('/echo', { headers: { 'x-a': 'b\r\nx-c: d' } })).rejects.toThrow('cannot be asked');
  });
});

describe('where a server leads', () => {
  it('is followed as long as it is the same server', async () => {
    const told = await ask('/to/%2Fecho', { method: 'POST', body: Buffer.from('x').toString('base64') });
    expect(told.url).toBe(`${server.url}/echo`);
    expect(JSON.parse(told.text)).toMatchObject({ method: 'GET', body: '' });
    expect(await echoed('/keep/%2Fecho', { method: 'POST', body: Buffer.from('x').toString('base64') })).toMatchObject({
      ...{ method: 'POST', body: 'x' },
    });
  });

  it('is told and not followed when the policy wants so', async () => {
    expect(await ask('/to/%2Fecho', { redirects: false })).toMatchObject({
      status: 302,
      headers: { location: '/echo' },
    });
  });

  it('is not followed to another host, though policies may ask that one (accident 43)', async () => {
    const elsewhere = encodeURIComponent(`http://localhost:${server.port}/echo`);
    const by = outside({}, [`127.0.0.1:${server.port}`, `localhost:${server.port}`]);
    await expect(ask(`/to/${elsewhere}`, {}, by)).rejects.toThrow('leads elsewhere');
    await expect(ask('/to/file%3A%2F%2F%2Fetc%2Fpasswd')).rejects.toThrow('leads elsewhere');
  });

  it('is not followed without end', async () => {
    const round = Array.from({ length: 8 }).reduce<string>((path) => `/to/${encodeURIComponent(path)}`, '/echo');
    await expect(ask(round)).rejects.toThrow('leads round and round');
  });
});

describe('whom policies may not ask', () => {
  it('is everybody, while the operator has named nobody', async () => {
    await expect(ask('/echo', {}, outside({}, []))).rejects.toThrow('Outgoing requests are off.');
  });

  it('is who is not named', async () => {
    await expect(ask('', { url: 'https://api.example.org/' })).rejects.toThrow('may not ask api.example.org');
    await expect(ask('', { url: 'nonsense' })).rejects.toThrow('may not ask');
    const url = server.url.replace('//', '//user:password@');
    await expect(ask('', { url })).rejects.toThrow('credentials do not belong in an address');
  });

  it('is a host whose name leads into the house, unless its address is named too (accident 43)', async () => {
    const url = `http://localhost:${server.port}/echo`;
    const [name, address] = [`localhost:${server.port}`, '127.0.0.1'];
    await expect(ask('', { url }, outside({}, [name]))).rejects.toThrow('resolves to a private network');
    expect((await ask('', { url }, outside({}, [name, address]))).status).toBe(200);
  });
});

describe('names of hosts', () => {
  it('are looked up for those that policies may ask', async () => {
    const by = outside({}, ['localhost']);
    expect(await by.addressesOf('localhost', 4)).toEqual(['127.0.0.1']);
    expect(await by.addressesOf('other.example', 0)).toEqual([]);
    expect(await outside({}, ['*.invalid']).addressesOf('no.such.invalid', 0)).toEqual([]);
  });

  it('are told of addresses only where they are such hosts', async () => {
    expect(await outside({}, ['localhost']).nameOf('127.0.0.1')).toBe('localhost');
    for (const hosts of [[], ['api.example.org']])
      expect(await outside({}, hosts).nameOf('127.0.0.1')).toBe('127.0.0.1');
    expect(await outside({}, ['localhost']).nameOf('nonsense')).toBe('nonsense');
  });
});
