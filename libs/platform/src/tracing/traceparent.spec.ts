import { expect, it } from 'vitest';
import { formatTraceparent, isSampled, parseTraceparent } from './traceparent.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

it.each([
  ['01', true],
  ['00', false],
  ['03', true],
])('parseTraceparent accepts a traceparent with the flags %s', (flags, sampled) => {
  const parent = parseTraceparent(`00-${TRACE}-${SPAN}-${flags}`)!;
  expect(parent).toMatchObject({ traceId: TRACE, spanId: SPAN, isRemote: true });
  expect(isSampled(parent)).toBe(sampled);
  expect(formatTraceparent(parent)).toBe(`00-${TRACE}-${SPAN}-${sampled ? '01' : '00'}`);
});

it.each([
  ['no text', undefined],
  ['several headers', [`00-${TRACE}-${SPAN}-01`]],
  ['several values in one header', `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`],
  ['an empty text', ''],
  ['a trace id of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
  ['a span id of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
  ['capital letters', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
  ['an unknown version', `ff-${TRACE}-${SPAN}-01`],
  ['more parts', `00-${TRACE}-${SPAN}-01-x`],
  ['a line break', `00-${TRACE}-${SPAN}-01\n`],
  ['a megabyte', `00-${'a'.repeat(1_000_000)}-${SPAN}-01`],
])('parseTraceparent returns undefined for %s', (_, header) => {
  expect(parseTraceparent(header)).toBeUndefined();
});
