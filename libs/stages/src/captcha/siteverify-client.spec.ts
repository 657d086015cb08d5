import type { ServerResponse } from 'node:http';
import { BusyError } from '@gatehouse/platform';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SiteverifyServer } from '../../../../test/support/siteverify.js';
import { captchaConfig } from './captcha.config.js';
import {
  MAX_RESPONSE_BYTES,
  ProviderOutageError,
  RequestRejectedError,
  SiteverifyClient,
} from './siteverify-client.js';

const FORM = { contentType: 'application/x-www-form-urlencoded' } as const;

let server: SiteverifyServer;
beforeEach(async () => {
  server = await SiteverifyServer.open('hush');
});
afterEach(() => server.close());

const createClient = (limits: object = {}) =>
  new SiteverifyClient(captchaConfig.parse({ CAPTCHA_HOSTS: '127.0.0.1', ...limits }));
const verify = (client: SiteverifyClient, token = 'good', stillWanted = () => true) =>
  client.verify({
    address: server.url,
    form: { secret: 'hush', response: token, remoteip: '203.0.113.7' },
    ...FORM,
    stillWanted,
  });
const status = (code: number) => (response: ServerResponse) => void response.writeHead(code).end('{}');
const text = (body: string) => (response: ServerResponse) => void response.end(body);
const neverAnswers = () => undefined;

describe('SiteverifyClient', () => {
  it('sends the form and returns the response of the provider', async () => {
    server.extraMembers = { hostname: 'id.example.org', score: 0.9 };
    await expect(verify(createClient())).resolves.toMatchObject({
      success: true,
      hostname: 'id.example.org',
      score: 0.9,
    });
    expect(server.requests).toEqual([{ secret: 'hush', response: 'good', remoteip: '203.0.113.7' }]);
  });

  it.each([
    ['answers 500', status(500)],
    ['answers 429', status(429)],
    ['redirects', (response: ServerResponse) => void response.writeHead(302, { location: '/other' }).end()],
    ['does not answer JSON', text('<html>')],
    ['answers a list', text('[]')],
    ['exceeds the size limit', text(JSON.stringify({ success: true, more: 'x'.repeat(MAX_RESPONSE_BYTES) }))],
    ['closes the connection', (response: ServerResponse) => void response.destroy()],
  ])('throws ProviderOutageError when the provider %s', async (_title, instead) => {
    server.override = instead;
    await expect(verify(createClient())).rejects.toThrow(ProviderOutageError);
  });

  it('throws ProviderOutageError when the provider exceeds the timeout', async () => {
    server.override = neverAnswers;
    await expect(verify(createClient({ CAPTCHA_TIMEOUT_MS: 20 }))).rejects.toThrow(ProviderOutageError);
  });

  it('sends no requests to a provider that has failed too often', async () => {
    const client = createClient({ CAPTCHA_OUTAGE_FAILURES: 2 });
    server.override = status(503);
    for (const _ of [1, 2, 3]) await expect(verify(client)).rejects.toThrow(ProviderOutageError);
    expect(server.requests).toHaveLength(2);
    expect(client.isUnavailable(server.url)).toBe(true);
    expect(client.isUnavailable('https://other.example/siteverify')).toBe(false);
  });

  it('does not open the circuit breaker when the provider rejects the request', async () => {
    const client = createClient({ CAPTCHA_OUTAGE_FAILURES: 1 });
    server.override = status(400);
    await expect(verify(client)).rejects.toThrow(RequestRejectedError);
    expect(client.isUnavailable(server.url)).toBe(false);
  });

  it('throws BusyError at once if too many requests to a provider are open', async () => {
    server.override = neverAnswers;
    const client = createClient({ CAPTCHA_CONCURRENCY: 2, CAPTCHA_TIMEOUT_MS: 50 });
    const waiting = [verify(client), verify(client)].map((result) =>
      expect(result).rejects.toThrow(ProviderOutageError),
    );
    await expect(verify(client)).rejects.toThrow(BusyError);
    await Promise.all(waiting);
  });

  it('sends no request when the caller has stopped waiting', async () => {
    await expect(verify(createClient(), 'good', () => false)).rejects.toThrow(BusyError);
    expect(server.requests).toEqual([]);
  });

  it('sends tokens only to the hosts in CAPTCHA_HOSTS', async () => {
    await expect(verify(createClient({ CAPTCHA_HOSTS: 'www.recaptcha.net' }))).rejects.toThrow(RequestRejectedError);
    expect(server.requests).toEqual([]);
    await expect(verify(createClient({ CAPTCHA_HOSTS: '*, 127.0.0.1' }))).resolves.toBeDefined();
  });

  it.each(['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '0x7f.1'])(
    'sends nothing to the loopback host %s unless CAPTCHA_HOSTS names the host (accident 43)',
    async (host) => {
      const address = server.url.replace('127.0.0.1', host);
      const request = { address, form: { secret: 'hush', response: 'good' }, stillWanted: () => true, ...FORM };
      await expect(createClient({ CAPTCHA_HOSTS: '*' }).verify(request)).rejects.toThrow(
        /not an allowed host|unavailable/,
      );
      expect(server.requests).toEqual([]);
    },
  );

  it.each(['10.1.2.3', '169.254.169.254', '192.168.0.1', '100.64.0.1', '[fd00::1]', '[fe80::1]'])(
    'sends nothing to %s, which is not a public address (accident 43)',
    async (host) => {
      const request = { address: `http://${host}/`, form: {}, stillWanted: () => true, ...FORM };
      await expect(createClient({ CAPTCHA_HOSTS: '*' }).verify(request)).rejects.toThrow(RequestRejectedError);
    },
  );
});
