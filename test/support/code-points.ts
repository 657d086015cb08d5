import fc from 'fast-check';

const SURROGATES = { first: 0xd800, count: 0x800 };
const LAST = 0x10ffff;

/** Returns the code point with this index in the list of all code points except surrogates, as a text. */
const toText = (index: number) => String.fromCodePoint(index < SURROGATES.first ? index : index + SURROGATES.count);

/**
 * Returns the index of a code point. Throws an Error, as fast-check requires, for anything but a text of one code
 * point.
 */
function toIndex(text: unknown): number {
  const codePoint = typeof text === 'string' ? text.codePointAt(0) : undefined;
  const index = codePoint === undefined || codePoint < SURROGATES.first ? codePoint : codePoint - SURROGATES.count;
  if (index === undefined || toText(index) !== text) throw new Error('expected one code point');
  return index;
}

/**
 * Arbitrary code points except surrogates, as texts. The unit `binary` of fast-check generates the same, but lists all
 * million code points in each process, which takes seconds.
 */
export const anyCodePoint = fc.integer({ min: 0, max: LAST - SURROGATES.count }).map(toText, toIndex);
