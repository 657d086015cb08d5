import { RestrictedHttpClient } from '@gatehouse/platform';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCertificate } from '../../../../test/support/certificate.js';
import { answerWith, isVerified, WebhookReceiver, webhookSecret } from '../../../../test/support/webhook-receiver.js';
import { secondsOf, WebhookClient } from './webhook.client.js';

const MESSAGE = { id: '019a0000-0000-7000-8000-000000000001', body: '{"specversion":"1.0"}' };
const keys = [Buffer.alloc(32, 1)];
const limits = { timeoutMs: 10_000, responseBytes: 1000 };

let receiver: WebhookReceiver;
beforeEach(async () => {
  receiver = await WebhookReceiver.open();
});
afterEach(() => receiver.close());

/** Sends an event to the test server, or to another URL. */
const send = (changes: Partial<typeof limits> = {}, url = receiver.url, hosts = '127.0.0.1,localhost') => {
  const client = new WebhookClient(new RestrictedHttpClient(hosts, 'webhook'), { ...limits, ...changes });
  const endpoint = { name: 'siem', url: new URL(url), keys, actions: undefined, enabled: true };
  return client.send(MESSAGE, endpoint);
};

describe('an event', () => {
  it('is posted as a CloudEvent in the structured mode, with a signature that receivers can verify', async () => {
    expect(await send()).toEqual({ type: 'accepted' });
    const [received] = receiver.received;
    expect(received).toMatchObject({
      body: MESSAGE.body,
      headers: { 'content-type': 'application/cloudevents+json', 'webhook-id': MESSAGE.id, 'user-agent': 'gatehouse' },
    });
    expect(isVerified(received!, webhookSecret(1))).toBe(true);
  });

  it('is refused by a receiver if its timestamp is ten minutes old', async () => {
    await send();
    const { body, headers } = receiver.received[0]!;
    const minutesAgo = String(Number(headers['webhook-timestamp']) - 600);
    expect(isVerified({ body, headers: { ...headers, 'webhook-timestamp': minutesAgo } }, webhookSecret(1))).toBe(
      false,
    );
  });

  it.each([
    [200, { type: 'accepted' }],
    [299, { type: 'accepted' }],
    [400, { type: 'failed', reason: 'status 400', retryAfterS: undefined }],
    [410, { type: 'gone', reason: 'status 410' }],
    [503, { type: 'failed', reason: 'status 503', retryAfterS: undefined }],
  ])('with the response %i has the outcome %j', async (status, outcome) => {
    receiver.answer = answerWith(status);
    expect(await send()).toEqual(outcome);
  });

  it.each([
    ['{"err":"invalid_audience","description":"not us"}', 'status 400: invalid_audience'],
    ['{"err":"<script>"}', 'status 400'],
    ['{"err":', 'status 400'],
    [`{"err":"invalid_key","description":"${'x'.repeat(1000)}"}`, 'status 400'],
  ])('that is refused with the body %.40s has the reason %s', async (body, reason) => {
    receiver.answer = (_, response) => void response.writeHead(400, { 'content-type': 'application/json' }).end(body);
    expect(await send()).toMatchObject({ type: 'failed', reason });
  });

  it('is not sent to the target of a redirect, which could be a private address (accident 43)', async () => {
    const target = await WebhookReceiver.open();
    receiver.answer = answerWith(307, { location: target.url });
    expect(await send()).toMatchObject({ type: 'failed', reason: 'status 307: redirects are not followed' });
    expect(target.received).toEqual([]);
    await target.close();
  });

  it.each(['https://localhost', 'https://127.0.0.1', 'https://[::1]', 'http://localhost'])(
    'is not sent to %s, a private address, unless WEBHOOK_HOSTS lists it (accident 43)',
    async (origin) => {
      const outcome = await send({}, `${origin}:${receiver.port}/`, '*');
      expect(outcome).toMatchObject({ reason: expect.stringMatching(/private network|not allowed/) });
      expect(receiver.received).toEqual([]);
    },
  );

  it('is not sent over TLS to a server whose certificate is not trusted', async () => {
    const secure = await WebhookReceiver.open({ certificate: createCertificate() });
    expect(await send({}, secure.url)).toMatchObject({ reason: expect.stringMatching(/self.signed certificate/) });
    expect(secure.received).toEqual([]);
    await secure.close();
  });

  it('has failed when the endpoint does not answer within the time limit', async () => {
    receiver.answer = () => new Promise<void>(() => undefined);
    expect(await send({ timeoutMs: 200 })).toEqual({ type: 'failed', reason: 'no answer within 200 ms' });
    expect(receiver.received).toHaveLength(1);
  });

  it('has failed when no server listens', async () => {
    const { url } = receiver;
    await receiver.close();
    expect(await send({}, url)).toMatchObject({ type: 'failed', reason: expect.stringContaining('ECONNREFUSED') });
    receiver = await WebhookReceiver.open();
  });
});

describe('the body of a response', () => {
  it('is read up to WEBHOOK_RESPONSE_BYTES, and then the connection is closed', async () => {
    const chunk = Buffer.alloc(65_536);
    // So many chunks do not fit into the buffers of the sockets.
    const CHUNKS = 500;
    let chunks = 0;
    const isComplete = new Promise<boolean>((resolve) => {
      receiver.answer = (_, response) => {
        response.on('close', () => resolve(response.writableFinished)).writeHead(200);
        const write = () => {
          while (chunks < CHUNKS && response.write(chunk)) chunks += 1;
          if (chunks++ >= CHUNKS) response.end();
        };
        response.on('drain', write);
        write();
      };
    });
    expect(await send({ responseBytes: 5000 })).toEqual({ type: 'accepted' });
    expect(await isComplete).toBe(false);
  });

  it('that does not end is cut off at the time limit, and the event counts as accepted', async () => {
    receiver.answer = (_, response) => void response.writeHead(200).write('…');
    expect(await send({ timeoutMs: 300 })).toEqual({ type: 'accepted' });
  });

  it('leaves the connection open for the next event if it is short', async () => {
    const client = new WebhookClient(new RestrictedHttpClient('127.0.0.1', 'webhook'), limits);
    const endpoint = { name: 'siem', url: new URL(receiver.url), keys, actions: undefined, enabled: true };
    receiver.answer = (_, response) => void response.end('ok');
    await client.send(MESSAGE, endpoint);
    await client.send(MESSAGE, endpoint);
    expect(receiver.received.map(({ connection }) => connection)).toEqual([1, 1]);
  });
});

describe('Retry-After', () => {
  it('is in the outcome of a refused event', async () => {
    receiver.answer = answerWith(429, { 'retry-after': '120' });
    expect(await send()).toEqual({ type: 'failed', reason: 'status 429', retryAfterS: 120 });
  });

  it.each([
    ['120', 120],
    ['Thu, 01 Jan 2026 00:02:00 GMT', 120],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['soon', undefined],
    ['-5', undefined],
    [undefined, undefined],
  ])('%j is %j seconds', (header, expected) => {
    expect(secondsOf(header, Date.parse('2026-01-01T00:00:00Z'))).toBe(expected);
  });
});
