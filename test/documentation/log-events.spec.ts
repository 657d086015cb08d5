import { readdirSync, readFileSync } from 'node:fs';
import { logEvents } from '@gatehouse/platform';
import { expect, it } from 'vitest';

const WRITTEN = /\b(?:logs|log (?:says|has|line|event))\s+`([^`]+)`/g;
const known = new Set(Object.entries(logEvents).flatMap(([name, { msg }]) => [name, msg]));

it('every log event that a how-to page names, by name or by message, exists', () => {
  const named = readdirSync('docs/how-to').flatMap((page) =>
    [...readFileSync(`docs/how-to/${page}`, 'utf8').matchAll(WRITTEN)].map(([, text = '']) => ({ page, text })),
  );
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter(({ text }) => !known.has(text))).toEqual([]);
});
