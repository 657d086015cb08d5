import { describe, expect, it } from 'vitest';
import { exceedsDepth } from './json-depth.js';

const exceeds = (text: string, limit: number) => exceedsDepth(Buffer.from(text), limit);

describe('the nesting depth of a JSON text', () => {
  it.each([
    '[[1]]',
    '{"a":{}}',
    '[{"a":1},[],[],{}]',
    '[ ["]]]"] ]',
    '[["[[[\\"[[["]]',
    '{"{":["\\\\"]}',
    '[["é[[😀["]]',
  ])('of %s is two levels', (text) => {
    expect([exceeds(text, 1), exceeds(text, 2)]).toEqual([true, false]);
  });

  it.each(['', '1', '"[[["', '"[[[', '"\\'])('of %s is zero levels', (text) => {
    expect(exceeds(text, 0)).toBe(false);
  });

  it('counts the deepest level, also in a text that is not valid JSON', () => {
    expect([exceeds('[[[1],1', 2), exceeds('[]]]]][[[', 2), exceeds('[],[],[]', 1)]).toEqual([true, false, false]);
    expect(exceeds('['.repeat(1_000_000), 64)).toBe(true);
  });
});
