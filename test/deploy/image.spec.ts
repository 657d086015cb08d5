import { existsSync, readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const dockerfile = readFileSync('Dockerfile', 'utf8');
const allowed = readFileSync('.dockerignore', 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('!'))
  .map((line) => line.slice(1));

/** Paths that the Dockerfile copies from the build context, not from an earlier stage. */
const copies = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, paths]) => (paths ?? '').split(' '));
const copied = [...new Set(copies)];

describe('the image', () => {
  it.each(copied)('copies %s, which exists and is allowed by .dockerignore', (path) => {
    expect(existsSync(path)).toBe(true);
    expect(allowed).toContain(path);
  });

  it.each(copied.filter((path) => path.endsWith('.mjs')))('copies every file that %s imports', (script) => {
    const imports = [...readFileSync(script, 'utf8').matchAll(/(?:from |import\()'(\.[^']+)'/g)];
    for (const [, path = ''] of imports) {
      const file = relative('.', resolve(dirname(script), path));
      expect(copied.some((copy) => file === copy || file.startsWith(`${copy}/`))).toBe(true);
    }
  });

  it('contains no secret, because .dockerignore allows only the paths that are copied', () => {
    const parents = allowed.filter((path) => copied.some((copy) => copy.startsWith(`${path}/`)));
    expect([...copied, ...parents].sort()).toEqual([...allowed].sort());
  });

  it('runs as a numeric user that is not root', () => {
    expect(dockerfile).toMatch(/^USER [1-9]\d*:[1-9]\d*$/m);
  });
});
