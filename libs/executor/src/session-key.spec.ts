import { expect, it } from 'vitest';
import { hashSessionKey, newSessionKey } from './session-key.js';

it('a session key has 256 random bits, is unique, and comes with its hash', () => {
  const keys = Array.from({ length: 1000 }, () => newSessionKey(undefined));
  const values = keys.map(({ cookie }) => cookie.value);

  expect(new Set(values).size).toBe(1000);
  expect(values.filter((value) => Buffer.from(value, 'base64url').length !== 32)).toEqual([]);
  for (const { cookie, hash } of keys) expect(hash).toEqual(hashSessionKey(cookie.value));
});
