import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Returns the names of the source files in all chunks that a process loads before the first of its dynamic imports. */
function loadedAtStart(entry: string, found = new Map<string, string[]>()): string[] {
  const lines = readFileSync(entry, 'utf8').split('\n');
  found.set(
    entry,
    lines.filter((line) => /^\/\/ (libs|node_modules)\//.test(line)),
  );
  for (const line of lines) {
    const [, path] = /^(?:import|export) .*"(\.[^"]+)";$/.exec(line) ?? [];
    const file = path && join(dirname(entry), path);
    if (file && !found.has(file)) loadedAtStart(file, found);
  }
  return [...found.values()].flat();
}
const loadedBy = (service: string, pattern: RegExp) =>
  loadedAtStart(`dist/apps/${service}/src/main.js`).filter((name) => pattern.test(name));

const CONTRACT = /libs\/stages\/.*\.contract\.ts$/;
const DATABASE_CLIENT = /node_modules\/(typeorm|pg)\//;

describe('a service at its start', () => {
  it('loads no contracts of stages, because it imports its own stages dynamically', () => {
    for (const service of ['captcha', 'consent', 'enrollment', 'mfa', 'session'])
      expect(loadedBy(service, CONTRACT)).toEqual([]);
    expect(loadedBy('gateway', CONTRACT)).not.toEqual([]);
  });

  it('loads no Postgres client if it needs no database, as for session', () => {
    expect(loadedBy('session', DATABASE_CLIENT)).toEqual([]);
    expect(loadedBy('gateway', DATABASE_CLIENT)).not.toEqual([]);
  });
});

it('no command loads @nestjs/core or @nestjs/microservices at its start', () => {
  const entries = readdirSync('dist/apps/cli/src').filter((name) => name.endsWith('.js'));
  const loaded = entries.flatMap((name) => loadedAtStart(join('dist/apps/cli/src', name)));
  expect(loaded).toContainEqual(expect.stringMatching(/node_modules\/@nestjs\/common\//));
  expect(loaded.filter((name) => /node_modules\/@nestjs\/(core|microservices)\//.test(name))).toEqual([]);
});

const chunks = readdirSync('dist/chunks')
  .filter((name) => name.endsWith('.js'))
  .map((name) => readFileSync(join('dist/chunks', name), 'utf8'));

it('no bundle uses Response at its start, or wraps a CommonJS module in a function that V8 parses twice', () => {
  const costly = /new Response\(null, \{ cf:|__commonJSMin\(\(\(.*/g;
  expect(chunks.flatMap((code) => code.match(costly) ?? [])).toEqual([]);
});

it('no bundle has the messages of zod in a language other than English', () => {
  // A decorated parameter of the type `z.output<…>` would bundle all of zod, because its metadata refer to `z`.
  const texts = chunks.flatMap((code) => code.match(/^\/\/ node_modules\/zod\/v4\/locales\/.*/gm) ?? []);
  expect(texts).toEqual(['// node_modules/zod/v4/locales/en.js']);
});
