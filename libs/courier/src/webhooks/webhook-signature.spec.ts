import { Webhook } from 'standardwebhooks';
import { expect, it } from 'vitest';
import { isVerified, webhookSecret } from '../../../../test/support/webhook-receiver.js';
import { signatureHeaders } from './webhook-signature.js';

const keyOf = (secret: string) => Buffer.from(secret.slice('whsec_'.length), 'base64');
const [first, second, other] = [webhookSecret(1), webhookSecret(2), webhookSecret(3)];
const timestamp = Math.floor(Date.now() / 1000);
const message = { id: '019a0000-0000-7000-8000-000000000001', timestamp, body: '{"name":"Zoë"}' };

it('a signature equals that of an independent implementation of Standard Webhooks', () => {
  const headers = signatureHeaders(message, [keyOf(first)]);
  expect(headers['webhook-signature']).toBe(
    new Webhook(first).sign(message.id, new Date(timestamp * 1000), message.body),
  );
  expect(isVerified({ headers, body: message.body }, first)).toBe(true);
  expect(isVerified({ headers, body: message.body }, other)).toBe(false);
});

it('a message has a signature by each secret, so that receivers with the old or the new secret accept it', () => {
  const headers = signatureHeaders(message, [keyOf(first), keyOf(second)]);
  const accepted = [first, second, other].map((secret) => isVerified({ headers, body: message.body }, secret));
  expect(accepted).toEqual([true, true, false]);
});

it.each([
  ['the id', { ...message, id: 'another' }],
  ['the time', { ...message, timestamp: timestamp - 1 }],
  ['the body', { ...message, body: '{"name":"Zoe"}' }],
])('the signature covers %s', (_, changed) => {
  const { 'webhook-signature': signature } = signatureHeaders(message, [keyOf(first)]);
  const headers = { ...signatureHeaders(changed, [keyOf(first)]), 'webhook-signature': signature };
  expect(isVerified({ headers, body: changed.body }, first)).toBe(false);
});
