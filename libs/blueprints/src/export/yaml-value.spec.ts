import { UNPRINTABLE } from '@gatehouse/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDocument } from '../document.js';
import { writeYaml, type YamlValue, yamlTag } from './yaml-value.js';

const contextOf = (text: string) => readDocument('x.yaml', text).context;

describe('writeYaml', () => {
  it('writes text that parses to the same value (property test)', () => {
    const words = fc.constantFrom(
      'yes',
      'n',
      'NO',
      'null',
      '~',
      '1e3',
      '0x1f',
      '1_000',
      '12:30',
      '2020-01-01',
      '<<',
      '=',
      '- a',
      'a: b',
      '# c',
      '!x',
      '&a',
      '*a',
      '|',
      '',
      ' ',
      '\n',
      ' a\n b',
      'a \nb',
      'a\n',
      '\ta\n\tb',
      '\u0085',
      '\u2028a',
      'a\u009b2J\u202e\nb\\\u2066',
    );
    const leaf = fc.oneof(words, fc.string({ unit: 'grapheme' }), fc.integer(), fc.boolean(), fc.constant(null));
    const key = fc.oneof(words, fc.string()).filter((name) => name !== '__proto__');
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof({ maxDepth: 3 }, leaf, fc.array(tie('value')), fc.dictionary(key, tie('value'))),
    }));
    fc.assert(
      fc.property(value, (written) => {
        const text = writeYaml({ context: { written: written as YamlValue } }, ' Head');
        expect(contextOf(text)).toEqual({ written });
        expect(UNPRINTABLE.test(text.replaceAll(/[\n\t]/g, ''))).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  it('writes multi-line strings as blocks, and references as tags', () => {
    const text = writeYaml({ context: { source: 'if a:\n  return 1\n', who: yamlTag('!KeyOf', 'ann') } }, ' Head');
    expect(text).toBe('# Head\n\ncontext:\n  source: |\n    if a:\n      return 1\n  who: !KeyOf ann\n');
  });
});
