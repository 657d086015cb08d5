import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const KINDS = ['Added', 'Changed', 'Deprecated', 'Removed', 'Fixed', 'Security'];

const [, first = '', ...released] = readFileSync('CHANGELOG.md', 'utf8').split(/^## /m);
const kindsOf = (section: string) => [...section.matchAll(/^### (.+)$/gm)].map(([, kind = '']) => kind);

describe('CHANGELOG.md', () => {
  it('begins with [Unreleased], followed by the version in package.json', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(first.split('\n')[0]).toBe('[Unreleased]');
    expect(released[0]?.startsWith(`[${version}] - `)).toBe(true);
  });

  it('has a date for each version, the newest first', () => {
    const dates = released.map((section) => /^\[\d+\.\d+\.\d+\] - (\d{4}-\d\d-\d\d)\n/.exec(section)?.[1] ?? section);
    expect(dates).toEqual(
      dates
        .filter((date) => /^[\d-]+$/.test(date))
        .toSorted()
        .reverse(),
    );
  });

  it('sorts changes into the kinds of Keep a Changelog, in one order', () => {
    for (const section of [first, ...released])
      expect(kindsOf(section)).toEqual(KINDS.filter((kind) => kindsOf(section).includes(kind)));
  });
});
