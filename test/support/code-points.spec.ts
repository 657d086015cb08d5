import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyCodePoint } from './code-points.js';

describe('an arbitrary code point', () => {
  it.each(['\0', 'a', '\ud7ff', '\ue000', '\u{10000}', '\u{10ffff}'])(
    'can be %j, and shrinks to single code points',
    (text) => {
      expect(anyCodePoint.canShrinkWithoutContext(text)).toBe(true);
      for (const { value } of anyCodePoint.shrink(text, undefined)) expect(value).toMatch(/^.$/su);
    },
  );

  it.each(['', 'ab', '\ud800', '\udfff', 7, undefined])('cannot be %j', (value) => {
    expect(anyCodePoint.canShrinkWithoutContext(value)).toBe(false);
  });

  it('is never a lone surrogate', () => {
    fc.assert(fc.property(fc.string({ unit: anyCodePoint }), (text) => !/\p{Surrogate}/u.test(text)));
  });
});
