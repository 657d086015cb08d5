import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { SECRETS } from '../deploy/catalogue.js';

it('docs/reference/metrics.md lists exactly the metrics that the sources register', () => {
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

it('docs/reference/metrics.md names exactly the services with keys in the row of gatehouse_key_info', () => {
  const page = readFileSync('docs/reference/metrics.md', 'utf8');
  const [, processes = ''] = /^\| `gatehouse_key_info` \| gauge \| ([\w, ]+) \|/m.exec(page) ?? [];
  expect(new Set(processes.split(', '))).toEqual(new Set(Object.keys(SECRETS)));
});
