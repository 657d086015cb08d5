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
  ])('are found by name and path: %j', (identifiers, expected) => {
    expect(findBlueprint([unnamed, named], identifiers)).toBe(expected);
  });

  it('are parsed only if their metadata names must be compared', () => {
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
  ])('with the instantiate label %s are applied automatically: %s', (value, expected) => {
    expect(isAutoApplied(labelled(value))).toBe(expected);
  });

  it('are applied automatically without a label', () => {
    expect([named, unnamed].map(isAutoApplied)).toEqual([true, true]);
  });
});
