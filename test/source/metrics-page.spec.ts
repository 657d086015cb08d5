import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

it('docs/reference/metrics.md lists every metric that the sources register', () => {
  const sources = ['apps', 'libs']
    .flatMap((folder) => readdirSync(folder, { recursive: true }).map((path) => join(folder, String(path))))
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.spec.ts'))
    .map((path) => readFileSync(path, 'utf8'));
  const registered = sources.flatMap((text) =>
    [...text.matchAll(/(?:name: |gauge\(\s*)'(gatehouse_\w+)'/g)].map(([, name]) => name),
  );
  const page = readFileSync('docs/reference/metrics.md', 'utf8');
  const listed = [...page.matchAll(/^\| `(gatehouse_\w+)`/gm)].map(([, name]) => name);

  expect(new Set(listed)).toEqual(new Set(registered));
});
