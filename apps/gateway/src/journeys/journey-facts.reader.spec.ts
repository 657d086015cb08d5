import { deviceKind } from '@gatehouse/platform';
import type { FastifyRequest } from 'fastify';
import { describe, expect, it } from 'vitest';
import { gatewayConfig } from '../gateway.config.js';
import { JourneyFactsReader } from './journey-facts.reader.js';

const TODAY = new Date('2026-11-29T12:00:00Z');
const TOMORROW = new Date('2026-11-30T12:00:00Z');
const IPHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Mobile/15E148 Safari/604.1';
const REQUEST = { headers: { 'accept-language': 'de' } } as unknown as FastifyRequest;

const readerWith = (settings: Readonly<Record<string, string>> = {}) => {
  const required = { SECRET_KEY: 'x'.repeat(32), DATABASE_URL: 'postgres://localhost/x', SEAL_KEYS: 'k:x' };
  return new JourneyFactsReader(gatewayConfig.parse({ ...required, ...settings }));
};
const networkOf = (ip: string, now = TODAY, reader = readerWith()) =>
  reader.read(REQUEST, { ip, user_agent: '', outpost: false }, now)!.network.toString('hex');

describe('the facts of a client', () => {
  it('are the family of the browser, the kind of device, the language and an 8-byte hash of the network', () => {
    const facts = readerWith().read(REQUEST, { ip: '203.0.113.7', user_agent: IPHONE, outpost: false }, TODAY)!;
    expect(facts.client).toEqual({ browser: 'Safari', device: 'mobile', language: 'de' });
    expect(facts.network).toHaveLength(8);
  });

  it.each([
    ['203.0.113.7', '203.0.113.250', '203.0.114.7'],
    ['2001:db8:1:2::3', '2001:db8:1:ffff::9', '2001:db8:2:2::3'],
  ])('have the same network hash for %s and %s, and another for %s', (ip, near, far) => {
    expect(networkOf(near)).toBe(networkOf(ip));
    expect(networkOf(far)).not.toBe(networkOf(ip));
  });

  it('have another network hash each day, and with another key', () => {
    const other = readerWith({ PSEUDONYM_KEY: 'y'.repeat(32) });
    const networks = [
      networkOf('203.0.113.7'),
      networkOf('203.0.113.7', TOMORROW),
      networkOf('203.0.113.7', TODAY, other),
    ];
    expect(new Set(networks).size).toBe(3);
  });

  it('are not read while JOURNEYS is false', () => {
    const client = { ip: '203.0.113.7', user_agent: IPHONE, outpost: false };
    expect(readerWith({ JOURNEYS: 'false' }).read(REQUEST, client)).toBeUndefined();
  });
});

it.each([
  [IPHONE, 'mobile'],
  ['Mozilla/5.0 (Linux; Android 14; Pixel 8) Chrome/129.0 Mobile Safari/537.36', 'mobile'],
  ['Mozilla/5.0 (Linux; Android 14; SM-X710) Chrome/129.0 Safari/537.36', 'tablet'],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0', 'desktop'],
  ['curl/8.5.0', 'other'],
])('the user agent %s is a device of the kind %s', (userAgent, kind) => expect(deviceKind(userAgent)).toBe(kind));
