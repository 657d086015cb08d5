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
const createClient = (overrides: Partial<PolicyHttpLimits> = {}, hosts = [`127.0.0.1:${server.port}`]) =>
  new PolicyHttpClient(new AllowedHosts(hosts), { ...LIMITS, ...overrides });

interface ExpressionResponse {
  readonly status: number;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}
type RequestArguments = Parameters<PolicyHttpClient['send']>[0];
const ARGUMENTS: RequestArguments = {
  method: 'GET',
  url: '',
  headers: {},
  body: null,
  timeout_ms: null,
  redirects: true,
};

async function send(path: string, overrides: Partial<RequestArguments> = {}, client = createClient()) {
  const response = (await client.send(
    { ...ARGUMENTS, url: `${server.url}${path}`, ...overrides },
    new AbortController().signal,
  )) as ExpressionResponse;
  return { ...response, text: Buffer.from(response.body, 'base64').toString() };
}
const sendAndParse = async (...args: Parameters<typeof send>) => JSON.parse((await send(...args)).text);

describe('an allowed server', () => {
  it('receives method, headers and body, and the client returns its response', async () => {
    const body = Buffer.from('hello').toString('base64');
    const response = await send('/echo?a=1', { method: 'PUT', headers: { 'X-Key': 'k' }, body });
    expect(response).toMatchObject({
      status: 200,
      url: `${server.url}/echo?a=1`,
      headers: { 'content-type': 'application/json' },
    });
    expect(JSON.parse(response.text)).toMatchObject({
      ...{ method: 'PUT', url: '/echo?a=1', body: 'hello' },
      headers: { 'x-key': 'k', 'user-agent': 'gatehouse', 'accept-encoding': 'identity' },
    });
  });

  it('may respond with an error status', async () => {
    expect(await send('/status/404')).toMatchObject({ status: 404, text: '' });
  });

  it('may send a response up to the size limit', async () => {
    expect((await send('/bytes/1000')).text).toHaveLength(1000);
    await expect(send('/bytes/1001')).rejects.toThrow('responds with more than 1000 bytes');
  });

  it.each(['/silent', '/hanging'])('times out: %s', async (path) => {
    await expect(send(path, { timeout_ms: 30 })).rejects.toThrow('did not respond in time');
    await expect(send(path, { timeout_ms: 60_000 }, createClient({ timeoutMs: 30 }))).rejects.toThrow(
      'did not respond in time',
    );
  });

  it('makes the request fail if it switches protocols (101)', async () => {
    await expect(send('/switching')).rejects.toThrow('the connection ended without a response');
  });

  it('gets no request after the evaluation was aborted', async () => {
    const aborted = createClient().send({ ...ARGUMENTS, url: `${server.url}/silent` }, AbortSignal.abort());
    await expect(aborted).rejects.toThrow('did not respond in time');
  });

  it('must not compress its response', async () => {
    await expect(send('/gzip')).rejects.toThrow('the content encoding gzip');
  });

  it('receives no reserved or malformed headers', async () => {
    for (const headers of [{ Host: 'evil.example' }, { 'Content-Length': '1' }, { 'Transfer-Encoding': 'chunked' }])
      await expect(send('/echo', { headers })).rejects.toThrow('must not set the header');
    await expect(send('/echo', { headers: { 'x-a': 'b\r\nx-c: d' } })).rejects.toThrow('cannot be reached');
  });
});

describe('a redirect', () => {
  it('is followed within the same origin', async () => {
    const response = await send('/to/%2Fecho', { method: 'POST', body: Buffer.from('x').toString('base64') });
    expect(response.url).toBe(`${server.url}/echo`);
    expect(JSON.parse(response.text)).toMatchObject({ method: 'GET', body: '' });
    expect(
      await sendAndParse('/keep/%2Fecho', { method: 'POST', body: Buffer.from('x').toString('base64') }),
    ).toMatchObject({
      ...{ method: 'POST', body: 'x' },
    });
  });

  it('is returned instead of followed with redirects: false', async () => {
    expect(await send('/to/%2Fecho', { redirects: false })).toMatchObject({
      status: 302,
      headers: { location: '/echo' },
    });
  });

  it('is not followed to another host, even if that host is allowed (accident 43)', async () => {
    const otherHost = encodeURIComponent(`http://localhost:${server.port}/echo`);
    const client = createClient({}, [`127.0.0.1:${server.port}`, `localhost:${server.port}`]);
    await expect(send(`/to/${otherHost}`, {}, client)).rejects.toThrow('redirects to another origin');
    await expect(send('/to/file%3A%2F%2F%2Fetc%2Fpasswd')).rejects.toThrow('redirects to another origin');
  });

  it('is not followed more than five times', async () => {
    const chain = Array.from({ length: 8 }).reduce<string>((path) => `/to/${encodeURIComponent(path)}`, '/echo');
    await expect(send(chain)).rejects.toThrow('redirects more than 5 times');
  });
});

describe('a refused server', () => {
  it('is every server while no host is allowed', async () => {
    await expect(send('/echo', {}, createClient({}, []))).rejects.toThrow('POLICY_ALLOWED_HOSTS allows no host.');
  });

  it('is a host that is not listed', async () => {
    await expect(send('', { url: 'https://api.example.org/' })).rejects.toThrow(
      'requests of policies to api.example.org are not allowed',
    );
    await expect(send('', { url: 'nonsense' })).rejects.toThrow('are not allowed');
    const url = server.url.replace('//', '//user:password@');
    await expect(send('', { url })).rejects.toThrow('the URL must not contain credentials');
  });

  it('is a host with a private address, unless the address is listed too (accident 43)', async () => {
    const url = `http://localhost:${server.port}/echo`;
    const [name, address] = [`localhost:${server.port}`, '127.0.0.1'];
    await expect(send('', { url }, createClient({}, [name]))).rejects.toThrow('resolves to a private network');
    expect((await send('', { url }, createClient({}, [name, address]))).status).toBe(200);
  });
});

describe('host names', () => {
  it('are resolved for allowed hosts only', async () => {
    const client = createClient({}, ['localhost']);
    expect(await client.resolve('localhost', 4)).toEqual(['127.0.0.1']);
    expect(await client.resolve('other.example', 0)).toEqual([]);
    expect(await createClient({}, ['*.invalid']).resolve('no.such.invalid', 0)).toEqual([]);
  });

  it('are returned by a reverse lookup for allowed hosts only', async () => {
    expect(await createClient({}, ['localhost']).reverseLookup('127.0.0.1')).toBe('localhost');
    for (const hosts of [[], ['api.example.org']])
      expect(await createClient({}, hosts).reverseLookup('127.0.0.1')).toBe('127.0.0.1');
    expect(await createClient({}, ['localhost']).reverseLookup('nonsense')).toBe('nonsense');
  });
});
