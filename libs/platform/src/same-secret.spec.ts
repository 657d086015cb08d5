import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sameSecret } from './same-secret.js';

it('tells secrets apart that differ anywhere, or in length', () => {
  fc.assert(fc.property(fc.string(), fc.string(), (a, b) => sameSecret(a, b) === (a === b)));
  expect([sameSecret('abc', 'abc'), sameSecret('abc', 'abcd'), sameSecret('', 'a')]).toEqual([true, false, false]);
});
