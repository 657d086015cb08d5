import { describe, expect, it } from 'vitest';
import { pythonLiteral, pythonStrip, pythonText } from './python-text.js';

describe('the Python text of a value', () => {
  it.each<[unknown, string]>([
    ['a "b" \'c\'\n', 'a "b" \'c\'\n'],
    [true, 'True'],
    [false, 'False'],
    [null, 'None'],
    [undefined, 'None'],
    [42, '42'],
    [1.5, '1.5'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [-0.0000125, '-1.25e-05'],
    [1e-10, '1e-10'],
    [1e30, '1e+30'],
    [[], '[]'],
    [{}, '{}'],
    [['a', 1, true, null, ['b']], "['a', 1, True, None, ['b']]"],
    [{ a: { b: [false] }, c: 'd' }, "{'a': {'b': [False]}, 'c': 'd'}"],
  ])('of %j is %s', (value, text) => {
    expect(pythonText(value)).toBe(text);
  });

  it.each([
    ['plain', "'plain'"],
    ["it's", '"it\'s"'],
    ['both \' and "', "'both \\' and \"'"],
    ['a\\b\n\r\t', "'a\\\\b\\n\\r\\t'"],
    ['\0\u007f\u0085', "'\\x00\\x7f\\x85'"],
    ['no\u00a0break\u202e', "'no\\xa0break\\u202e'"],
    ['ä 漢 😀', "'ä 漢 😀'"],
    ['\u{e0001}', "'\\U000e0001'"],
    ['\ud800', "'\\ud800'"],
  ])('inside a list or an object is quoted: %j as %s', (value, text) => {
    expect(pythonLiteral(value)).toBe(text);
    expect(pythonText([value])).toBe(`[${text}]`);
  });
});

it('pythonStrip removes exactly the characters that Python treats as white space', () => {
  const codes = Array.from({ length: 0x10000 }, (_, code) => code);
  const spaces = codes.filter(
    (code) => pythonStrip(`${String.fromCharCode(code)}a b${String.fromCharCode(code)}`) === 'a b',
  );
  expect(spaces).toEqual([
    ...[0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x1c, 0x1d, 0x1e, 0x1f, 0x20, 0x85, 0xa0, 0x1680],
    ...[0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2007, 0x2008, 0x2009, 0x200a],
    ...[0x2028, 0x2029, 0x202f, 0x205f, 0x3000],
  ]);
});
