import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { slugOf } from '../../site/markdown-text.js';

const FOLDERS = [
  'apps',
  'libs',
  'packages',
  'tools',
  'test',
  'bench',
  'load',
  'docs',
  'examples',
  'deploy',
  'blueprints',
];
const TEXT = /\.(tsx?|mjs|cjs|py|md|sql|ya?ml|json|conf)$/;
const NOT_OURS = /(^|\/)(node_modules|dist)\//;

/** The text of every text file of the repository, by its path from the root. */
const files = new Map(
  [
    ...readdirSync('.').filter((name) => statSync(name).isFile()),
    ...FOLDERS.flatMap((folder) => readdirSync(folder, { recursive: true }).map((path) => join(folder, String(path)))),
  ]
    .filter((path) => TEXT.test(path) && !NOT_OURS.test(path) && statSync(path).isFile())
    .map((path) => [path, readFileSync(path, 'utf8')]),
);
const pages = [...files].filter(([path]) => path.endsWith('.md'));

/** The anchors of each Markdown page: explicit ids and GitHub's heading slugs. */
const anchors = new Map(pages.map(([path, text]) => [path, anchorsOf(text)]));

function anchorsOf(text: string): ReadonlySet<string> {
  const found = new Set([...text.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id));
  const counts = new Map<string, number>();
  for (const [, heading = ''] of withoutCode(text).matchAll(/^#{1,6} +(.+?) *$/gm)) {
    const slug = slugOf(heading);
    const count = counts.get(slug) ?? 0;
    counts.set(slug, count + 1);
    found.add(count === 0 ? slug : `${slug}-${count}`);
  }
  return found;
}

function withoutCode(text: string): string {
  return text.replace(/^```.*?^```/gms, '');
}

/** Returns why a link is broken; `undefined` if it resolves. */
function brokenBy(page: string, anchor: string | undefined): string | undefined {
  if (!existsSync(page)) return `${page} does not exist`;
  if (!anchor || !page.endsWith('.md')) return undefined;
  return anchors.get(page)?.has(anchor) ? undefined : `${page} has no anchor ${anchor}`;
}

/** Returns the faults that `faultOf` finds in the matches of a pattern, each with path and line. */
function faultsIn(
  texts: Iterable<[string, string]>,
  pattern: RegExp,
  faultOf: (match: RegExpExecArray, path: string) => string | undefined,
): string[] {
  return [...texts].flatMap(([path, text]) =>
    [...text.matchAll(pattern)].flatMap((match) => {
      const fault = faultOf(match, path);
      const line = text.slice(0, match.index).split('\n').length;
      return fault === undefined ? [] : [`${path}:${line}: ${fault}`];
    }),
  );
}

/** References to design papers that are not in the repository. */
const PAPERS =
  /\b0[1-7]-(?:executor|stages|mfa|clients|security|pains|newer)\b|\bprotocol \u00a7|\bD3\b|\bP-\d{1,2}\b/g;

describe('references', () => {
  it('in sources and pages name an existing page and section', () => {
    const cited = /(?<!https:\/\/[^\s)]*)\b(docs\/[\w./-]+\.md)(?:#([\w-]+))?/g;
    expect(faultsIn(files, cited, ([, page = '', anchor]) => brokenBy(page, anchor))).toEqual([]);
  });

  it('to an ADR by its number name an existing ADR', () => {
    const numbers = new Set(readdirSync('docs/adr').map((name) => name.slice(0, 4)));
    const broken = faultsIn(files, /\bdocs\/adr\/(\d{4})\b/g, ([adr, number = '']) =>
      numbers.has(number) ? undefined : `${adr} does not exist`,
    );
    expect(broken).toEqual([]);
  });

  it('between pages lead to an existing page and section', () => {
    const links = /\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]+))?\)/g;
    const broken = faultsIn(pages, links, ([, target, anchor], path) =>
      brokenBy(target ? posix.join(dirname(path), target) : path, anchor),
    );
    expect(broken).toEqual([]);
  });

  it('in the titles of tests name accidents that docs/security.md lists', () => {
    const tests = [...files].filter(([path]) => /\.(spec|journey)\.ts$/.test(path));
    const broken = faultsIn(tests, /\(accidents? ([\d, ]+)\)/g, ([, numbers = '']) =>
      numbers
        .split(', ')
        .map((number) => brokenBy('docs/security.md', `accident-${number}`))
        .find((fault) => fault !== undefined),
    );
    expect(broken).toEqual([]);
  });

  it('never cite a planning document that is not in the repository', () => {
    expect(faultsIn(files, PAPERS, ([paper]) => paper)).toEqual([]);
  });
});
