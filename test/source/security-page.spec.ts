import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const page = readFileSync('docs/security.md', 'utf8');

/** The citations on the page: the name of a test file and the cited titles of its tests. */
const cited = [...page.matchAll(/`([\w.-]+\.(?:spec|journey)\.ts)`((?:\s+“[^”]+”)*)/g)].map(
  ([, file = '', names = '']) => ({
    file,
    names: [...names.matchAll(/“([^”]+)”/g)].map(([, name = '']) => name),
  }),
);
const tests = new Map(
  ['apps', 'libs', 'test']
    .flatMap((folder) => readdirSync(folder, { recursive: true }).map((path) => join(folder, String(path))))
    .filter((path) => /\.(spec|journey)\.ts$/.test(path))
    .map((path) => [basename(path), readFileSync(path, 'utf8')]),
);

describe('docs/security.md', () => {
  it('cites existing tests only', () => {
    const missing = cited.flatMap(({ file, names }) => {
      const text = tests.get(file);
      return text === undefined
        ? [file]
        : names.filter((name) => !text.includes(name)).map((name) => `${file}: ${name}`);
    });
    expect(missing).toEqual([]);
  });

  it('cites a test for every accident and every requirement', () => {
    const rows = page.split('\n').filter((line) => /^\| (\d+|\d+\.\d+\.\d+[^|]*) \|/.test(line));
    expect(rows.length).toBeGreaterThan(60);
    expect(rows.filter((row) => !/`[\w.-]+\.ts` “/.test(row))).toEqual([]);
  });
});
