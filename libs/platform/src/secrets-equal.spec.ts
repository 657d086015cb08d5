import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { secretsEqual } from './secrets-equal.js';

it('secretsEqual returns true only for equal secrets', () => {
  fc.assert(fc.property(fc.string(), fc.string(), (a, b) => secretsEqual(a, b) === (a === b)));
  fc.assert(fc.property(fc.string(), (a) => !secretsEqual(`${a}1`, `${a}2`) && !secretsEqual(`1${a}`, `2${a}`)));
  expect([secretsEqual('abc', 'abc'), secretsEqual('abc', 'abcd'), secretsEqual('', 'a')]).toEqual([
    true,
    false,
    false,
  ]);
});

it.each([
  ['are equal', 'secret', 'secret'],
  ['differ in the first character', 'secret', 'Xecret'],
  ['differ in the last character', 'secret', 'secreX'],
  ['differ in length', 'secret', 'secret-and-more'],
  ['are empty', '', ''],
])('secretsEqual compares two digests once, in constant time, if the secrets %s (accident 12)', (_case, a, b) => {
  const compared = vi.spyOn(crypto, 'timingSafeEqual');
  syncBuiltinESMExports();
  try {
    secretsEqual(a, b);
    expect(compared.mock.calls.map((sides) => sides.map(({ byteLength }) => byteLength))).toEqual([[32, 32]]);
  } finally {
    compared.mockRestore();
    syncBuiltinESMExports();
  }
});
