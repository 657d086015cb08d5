import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { stages } from '../../libs/stages/src/catalogue.js';

it('the page high-availability.md lists every stage whose time limit is not 5 s', () => {
  const page = readFileSync('docs/how-to/high-availability.md', 'utf8');
  const kindsOf = new Map<number, string[]>();
  for (const { contract } of Object.values(stages)) {
    const seconds = contract.deadline_ms / 1000;
    kindsOf.set(seconds, [...(kindsOf.get(seconds) ?? []), `\`${contract.kind}\``]);
  }
  const shown = [...page.matchAll(/^\| (`.*`) \| (\d+) s \|$/gm)].map(([, kinds = '', seconds]) => [
    Number(seconds),
    kinds,
  ]);
  const others = [...kindsOf].filter(([seconds]) => seconds !== 5).toSorted(([a], [b]) => b - a);
  expect(shown).toEqual(
    others.map(([seconds, kinds]) => [seconds, kinds.sort((a, b) => a.localeCompare(b)).join(', ')]),
  );
  expect(page).toContain('| all others | 5 s;');
});
