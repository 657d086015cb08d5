import { boundSessionKey, hashSessionKey } from '@gatehouse/executor';
import { describe, expect, it } from 'vitest';
import { BOUND_COOKIE, BoundCookieService } from './bound-cookie.service.js';

const SESSION = '01a22b6c-11da-75c4-98b6-1f61d2836f65';
const SECRET_KEY = 'k'.repeat(32); // not-a-secret
const NOW = Date.UTC(2026, 0, 1);
const service = new BoundCookieService({ SECRET_KEY });

describe('a token of a device-bound session', () => {
  it('yields its subject until it expires, at every gateway with the same SECRET_KEY', () => {
    const token = service.issue('cookie', SESSION, 600, NOW);
    const other = new BoundCookieService({ SECRET_KEY });

    expect([other.read('cookie', token, NOW), other.read('cookie', token, NOW + 599_999)]).toEqual([SESSION, SESSION]);
    expect(other.read('cookie', token, NOW + 600_000)).toBeUndefined();
  });

  it('is invalid for another purpose, with a changed part, or under another key', () => {
    const token = service.issue('refresh', SESSION, 600, NOW);
    const [subject, until, mac] = token.split('.');

    const changed = [`${subject}_1.${until}.${mac}`, `${subject}.${Number(until) + 1}.${mac}`, `x${token}`, ''];
    for (const forged of changed) expect(service.read('refresh', forged, NOW)).toBeUndefined();
    expect(service.read('cookie', token, NOW)).toBeUndefined();
    expect(new BoundCookieService({ SECRET_KEY: 'j'.repeat(32) }).read('refresh', token, NOW)).toBeUndefined();
  });
});

describe('the stored keys of a request', () => {
  const key = hashSessionKey('a'.repeat(43));

  it('are those of its session cookies, and with a valid bound cookie also those of bound sessions', () => {
    const cookie = service.issue('cookie', SESSION, 600);

    expect(service.storedKeys([key], `${BOUND_COOKIE}=${cookie}`)).toEqual([boundSessionKey(key, SESSION), key]);
    expect(service.storedKeys([key], `${BOUND_COOKIE}=${cookie}x`)).toEqual([key]);
    expect(service.storedKeys([key], `${BOUND_COOKIE}=${service.issue('cookie', SESSION, 0)}`)).toEqual([key]);
    expect(service.storedKeys([key], undefined)).toEqual([key]);
    expect(service.storedKeys([key], ` \t${BOUND_COOKIE}=${cookie}\t `)).toHaveLength(2);
  });

  it('ignore a bound cookie whose name begins with white space other than a space or a tab', () => {
    const cookie = service.issue('cookie', SESSION, 600);

    for (const space of ['\u00a0', '\v', '\f', '\ufeff', '\u2003'])
      expect(service.storedKeys([key], `${space}${BOUND_COOKIE}=${cookie}`)).toEqual([key]);
  });
});
