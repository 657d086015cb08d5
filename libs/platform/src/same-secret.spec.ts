import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sameSecret } from './same-secret.js';

it('tells secrets apart that differ anywhere, or in length', () => {
  fc.assert(fc.property(fc.string(), fc.string(), (a, b) => sameSecret(a, b) === (a === b)));
  fc.assert(fc.property(fc.string(), (a) => !sameSecret(`${a}1`, `${a}2`) && !sameSecret(`1${a}`, `2${a}`)));
  expect([sameSecret('abc', 'abc'), sameSecret('abc', 'abcd'), sameSecret('', 'a')]).toEqual([true, false, false]);
});
