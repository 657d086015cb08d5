import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

it('no bundle makes Node load its HTTP client, or has a CommonJS module that V8 parses twice', () => {
  const chunks = readdirSync('dist/chunks').filter((name) => name.endsWith('.js'));
  const costly = /new Response\(null, \{ cf:|__commonJSMin\(\(\(.*/g;
  expect(chunks.flatMap((name) => readFileSync(join('dist/chunks', name), 'utf8').match(costly) ?? [])).toEqual([]);
});
