import type { ServerResponse } from 'node:http';
import { BusyError } from '@gatehouse/platform';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SiteverifyServer } from '../../../../test/support/siteverify.js';
import { captchaConfig } from './captcha.config.js';
import { MAX_ANSWER_BYTES, ProviderOutageError, RequestRejectedError, SiteverifyClient } from './siteverify-client.js';

let server: SiteverifyServer;
beforeEach(async () => {
  server = await SiteverifyServer.open('hush');
});
afterEach(() => server.close());

const providers = (limits: object = {}) =>
  new SiteverifyClient(captchaConfig.parse({ CAPTCHA_HOSTS: '127.0.0.1', ...limits }));
const judge = (by: SiteverifyClient, token = 'good', stillWanted = () => true) =>
  by.judge({ address: server.url, form: { secret: 'hush', response: token, remoteip: '203.0.113.7' }, stillWanted });
const status = (code: number) => (response: ServerResponse) => void response.writeHead(code).end('{}');
const text = (body: string) => (response: ServerResponse) => void response.end(body);
const silence = () => undefined;

describe('a provider of puzzles', () => {
  it('is asked as it documents, and its answer is handed on', async () => {
    server.more = { hostname: 'id.example.org', score: 0.9 };
    await expect(judge(providers())).resolves.toMatchObject({ success: true, hostname: 'id.example.org', score: 0.9 });
    expect(server.asked).toEqual([{ secret: 'hush', response: 'good', remoteip: '203.0.113.7' }]);
  });

  it.each([
    ['fails', status(500)],
    ['has no time', status(429)],
    ['leads elsewhere', (response: ServerResponse) => void response.writeHead(302, { location: '/other' }).end()],
    ['answers no JSON', text('<html>')],
    ['answers a list', text('[]')],
    ['answers too much', text(JSON.stringify({ success: true, more: 'x'.repeat(MAX_ANSWER_BYTES) }))],
    ['hangs up', (response: ServerResponse) => void response.destroy()],
  ])('is out when it %s', async (_what, instead) => {
    server.instead = instead;
    await expect(judge(providers())).rejects.toThrow(ProviderOutageError);
  });

  it('is out when it takes longer than it may', async () => {
    server.instead = silence;
    await expect(judge(providers({ CAPTCHA_TIMEOUT_MS: 20 }))).rejects.toThrow(ProviderOutageError);
  });

  it('is not asked any more for a while, once it has failed often enough', async () => {
    const asker = providers({ CAPTCHA_OUTAGE_FAILURES: 2 });
    server.instead = status(503);
    for (const _ of [1, 2, 3]) await expect(judge(asker)).rejects.toThrow(ProviderOutageError);
    expect(server.asked).toHaveLength(2);
    expect(asker.isOut(server.url)).toBe(true);
    expect(asker.isOut('https://other.example/siteverify')).toBe(false);
  });

  it('is not switched off for everybody by tokens that it does not accept', async () => {
    const asker = providers({ CAPTCHA_OUTAGE_FAILURES: 1 });
    server.instead = status(400);
    await expect(judge(asker)).rejects.toThrow(RequestRejectedError);
    expect(asker.isOut(server.url)).toBe(false);
  });

  it('is asked by no more at a time than it may be, and what is beyond that is told so at once', async () => {
    server.instead = silence;
    const asker = providers({ CAPTCHA_CONCURRENCY: 2, CAPTCHA_TIMEOUT_MS: 50 });
    const waiting = [judge(asker), judge(asker)].map((asked) => expect(asked).rejects.toThrow(ProviderOutageError));
    await expect(judge(asker)).rejects.toThrow(BusyError);
    await Promise.all(waiting);
  });

  it('is not asked for somebody who has gone', async () => {
    await expect(judge(providers(), 'good', () => false)).rejects.toThrow(BusyError);
    expect(server.asked).toEqual([]);
  });

  it('is one of those that tokens may be sent to, where those are named', async () => {
    await expect(judge(providers({ CAPTCHA_HOSTS: 'www.recaptcha.net' }))).rejects.toThrow(RequestRejectedError);
    expect(server.asked).toEqual([]);
    await expect(judge(providers({ CAPTCHA_HOSTS: '*, 127.0.0.1' }))).resolves.toBeDefined();
  });

  it.each(['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '0x7f.1'])(
    'is not %s, within the house, unless that is named (accident 43)',
    async (host) => {
      const address = server.url.replace('127.0.0.1', host);
      const question = { address, form: { secret: 'hush', response: 'good' }, stillWanted: () => true };
      await expect(providers({ CAPTCHA_HOSTS: '*' }).judge(question)).rejects.toThrow(
        /may not be asked|cannot be asked/,
      );
      expect(server.asked).toEqual([]);
    },
  );

  it.each(['10.1.2.3', '169.254.169.254', '192.168.0.1', '100.64.0.1', '[fd00::1]', '[fe80::1]'])(
    'is not asked at %s, which is no address of the internet (accident 43)',
    async (host) => {
      const question = { address: `http://${host}/`, form: {}, stillWanted: () => true };
      await expect(providers({ CAPTCHA_HOSTS: '*' }).judge(question)).rejects.toThrow(RequestRejectedError);
    },
  );
});
