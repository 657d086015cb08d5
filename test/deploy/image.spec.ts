import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const dockerfile = readFileSync('Dockerfile', 'utf8');
const allowed = readFileSync('.dockerignore', 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('!'))
  .map((line) => line.slice(1));

/** What the Dockerfile copies from the builder's context, not from an earlier step. */
const copies = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, paths]) => (paths ?? '').split(' '));
const copied = [...new Set(copies)];

describe('the image', () => {
  it.each(copied)('is given %s, which is there and not kept from the builder', (path) => {
    expect(existsSync(path)).toBe(true);
    expect(allowed).toContain(path);
  });

  it('is given nothing else, so that no secret gets into it', () => {
    const parents = allowed.filter((path) => copied.some((copy) => copy.startsWith(`${path}/`)));
    expect([...copied, ...parents].sort()).toEqual([...allowed].sort());
  });

  it('is run by a numbered account that is not root', () => {
    expect(dockerfile).toMatch(/^USER [1-9]\d*:[1-9]\d*$/m);
  });
});
