import { describe, expect, it } from 'vitest';
import { compare, MismatchError } from './matchers.js';

const fits = (expected: unknown, actual: unknown, captured = {}) => {
  try {
    compare(expected, actual, { path: 'body', captured });
    return true;
  } catch (error) {
    if (error instanceof MismatchError) return false;
    throw error;
  }
};

describe('an expectation', () => {
  it.each<[expected: unknown, fit: unknown, unfit: unknown]>([
    [{ a: 1 }, { a: 1, b: 2 }, { a: 2 }],
    [{}, {}, { a: 1 }],
    [
      [1, 2],
      [1, 2],
      [1, 2, 3],
    ],
    [null, null, undefined],
    [{ a: { absent: true } }, {}, { a: null }],
    [{ any: 'int' }, 1, 1.5],
    [{ any: 'number' }, 1.5, '1'],
    [{ any: 'object' }, {}, []],
    [{ any: 'null' }, null, 0],
    [{ any: 'bool' }, false, 0],
    [{ regex: '^a+$' }, 'aa', 'ab'],
    [{ length: 2 }, [1, 2], [1]],
    [{ item: { any: 'string' } }, ['a', 'b'], ['a', 1]],
    [{ contains: 'b' }, 'abc', 'ac'],
    [{ contains: [{ a: 1 }] }, [{ a: 2 }, { a: 1, b: 1 }], [{ a: 2 }]],
    [{ not: 'a' }, 'b', 'a'],
    ['${name}', 'value', 'name'],
    [{ from: 'name' }, 'value', 'other'],
  ])('%j fits %j and not %j', (expected, fit, unfit) => {
    expect([fits(expected, fit, { name: 'value' }), fits(expected, unfit, { name: 'value' })]).toEqual([true, false]);
  });

  it('keeps the value that it captures for later steps', () => {
    const captured = {};
    compare({ token: { any: 'string', capture: 'token' } }, { token: 't' }, { path: 'body', captured });
    expect(captured).toEqual({ token: 't' });
  });

  it('names the path of a difference', () => {
    expect(() => compare({ a: [{ b: 1 }] }, { a: [{ b: 2 }] }, { path: 'body', captured: {} })).toThrow(
      'body.a[0].b: expected 1, got 2',
    );
  });
});
