import { describe, expect, it } from 'vitest';
import { pythonLiteral, pythonText } from './python-text.js';

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
  ])('is quoted inside a list or an object: %j as %s', (value, text) => {
    expect(pythonLiteral(value)).toBe(text);
    expect(pythonText([value])).toBe(`[${text}]`);
  });
});
