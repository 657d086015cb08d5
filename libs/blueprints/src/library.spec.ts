import { describe, expect, it } from 'vitest';
import { findBlueprint, isAutoApplied } from './library.js';

const file = (path: string, text: string) => ({ name: `folder/${path}`, path, text });
const labelled = (value: string) =>
  file('a.yaml', `metadata: {name: A, labels: {blueprints.goauthentik.io/instantiate: ${value}}}\nentries: []`);

describe('the blueprints of a folder', () => {
  const named = file('a.yaml', 'metadata: {name: A}\nentries: []');
  const unnamed = file('deep/b.yaml', 'entries: []');

  it.each([
    [{ name: 'A' }, named],
    [{ path: 'deep/b.yaml' }, unnamed],
    [{ path: 'b.yaml' }, undefined],
    [{ name: 'B' }, undefined],
    [{ name: 'A', path: 'deep/b.yaml' }, undefined],
  ])('are found by name and path: %j', (wanted, found) => {
    expect(findBlueprint([unnamed, named], wanted)).toBe(found);
  });

  it('are read only as far as a name has to be compared', () => {
    const broken = file('broken.yaml', 'entries: [');
    expect(findBlueprint([broken, named], { path: 'a.yaml', name: 'A' })).toBe(named);
    expect(() => findBlueprint([broken, named], { name: 'A' })).toThrow('folder/broken.yaml:1: ');
  });

  it.each([
    ['"false"', false],
    ['"False"', false],
    ['false', false],
    ['"true"', true],
    ['null', true],
  ])('are applied unasked or not, with the label %s', (value, unasked) => {
    expect(isAutoApplied(labelled(value))).toBe(unasked);
  });

  it('are applied unasked without a label', () => {
    expect([named, unnamed].map(isAutoApplied)).toEqual([true, true]);
  });
});
