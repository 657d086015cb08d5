import fc from 'fast-check';
import { expect, it } from 'vitest';
import { secretsEqual } from './secrets-equal.js';

it('returns false for secrets that differ in any character or in length', () => {
  fc.assert(fc.property(fc.string(), fc.string(), (a, b) => secretsEqual(a, b) === (a === b)));
  fc.assert(fc.property(fc.string(), (a) => !secretsEqual(`${a}1`, `${a}2`) && !secretsEqual(`1${a}`, `2${a}`)));
  expect([secretsEqual('abc', 'abc'), secretsEqual('abc', 'abcd'), secretsEqual('', 'a')]).toEqual([
    true,
    false,
    false,
  ]);
});
