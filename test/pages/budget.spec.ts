import { readFileSync, statSync } from 'node:fs';
import { expect, it } from 'vitest';

type Manifest = Readonly<Record<string, { readonly file: string; readonly imports?: readonly string[] }>>;

const manifest = JSON.parse(readFileSync('dist/apps/web/manifest.json', 'utf8')) as Manifest;

/** Returns a chunk and all chunks that it imports, directly or not. */
const neededBy = (name: string): string[] => [name, ...(manifest[name]?.imports ?? []).flatMap(neededBy)];

it('a flow page loads at most 35 kB of compressed script before its first challenge is interactive', () => {
  const bytes = [...new Set(neededBy('src/client.tsx'))].map(
    (name) => statSync(`dist/apps/web/${manifest[name]?.file}.br`).size,
  );

  expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(35_000);
  expect(Math.min(...bytes)).toBeGreaterThan(0);
});
