import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isAllowedHtml } from '../../site/markdown-text.js';
import { HOME, pagesOf, readNavigation, sitePathOf } from '../../site/navigation.js';

const kinds = readNavigation();
const listed = pagesOf(kinds);
const files = readdirSync('docs', { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map(({ parentPath, name }) => join(parentPath, name));
const pages = [...new Set([...listed, ...files.filter((path) => path.endsWith('.md'))])];
const texts = new Map(pages.map((path) => [path, readFileSync(path, 'utf8')]));

const withoutBlocks = (text: string) => text.replace(/^ *(```+)[^]*?^ *\1/gm, '');

/** Returns the text of a page without code, because links and HTML in code do not count. */
const proseOf = (text: string) => withoutBlocks(text).replace(/(?<!`)(`+)(?!`)(?:(?!\n\n)[^])*?[^`]\1(?!`)/g, '');

describe('the navigation of the documentation', () => {
  it('has every page of docs exactly once', () => {
    expect(listed.filter((path, index) => listed.indexOf(path) !== index)).toEqual([]);
    expect(pages.filter((path) => !listed.includes(path))).toEqual([]);
  });

  it('lists only pages that exist', () => {
    expect(listed.filter((path) => !existsSync(path))).toEqual([]);
  });

  it('has the four kinds of pages, and those of the repository', () => {
    const titles = kinds.map(({ title }) => title);
    expect(titles).toEqual(['Tutorials', 'How-to', 'Reference', 'Explanation', 'Repository']);
  });

  it('keeps each folder within one kind, because a folder has one sidebar', () => {
    const folders = kinds.map(
      (kind) =>
        new Set(
          pagesOf([kind])
            .slice(1)
            .map((path) => sitePathOf(path).split('/')[0]),
        ),
    );
    const all = folders.flatMap((names) => [...names]);
    expect(all.filter((name, index) => all.indexOf(name) !== index)).toEqual([]);
  });
});

describe('the pages of the documentation', () => {
  it('begin with a title, and have no second one', () => {
    const titles = [...texts].map(([path, text]) => [path, withoutBlocks(text).match(/^# .*/gm) ?? []] as const);
    expect(titles.filter(([path, found]) => found.length !== 1 || !texts.get(path)!.startsWith('# '))).toEqual([]);
  });

  it('contain no HTML that code hosts would hide or drop, except anchors', () => {
    const html = [...texts].flatMap(([path, text]) =>
      [...proseOf(text).matchAll(/(?<!\\)<\/?[a-zA-Z][^<>\s]*(?: [^<>]*)?>/g)]
        .filter(([tag]) => !isAllowedHtml(tag) && !/^<https?:/.test(tag))
        .map(([tag]) => `${path}: ${tag}`),
    );
    expect(html).toEqual([]);
  });

  it('have no reference links and no link titles, which the check of links would miss', () => {
    const others = [...texts].flatMap(([path, text]) =>
      [...proseOf(text).matchAll(/^\[[^\]]+\]: .*|\]\([^)\s]+ ["'][^)]*\)|\]\(<[^)]*\)/gm)].map(
        ([link]) => `${path}: ${link}`,
      ),
    );
    expect(others).toEqual([]);
  });

  it('use every image of docs/images, and give every image an alternative text', () => {
    const images = [...texts.values()].flatMap((text) => [...text.matchAll(/!\[([^\]]*)\]\(([^)]+)\)/g)]);
    expect(images.filter(([, words]) => words === '')).toEqual([]);
    const inReadme = [...readFileSync('README.md', 'utf8').matchAll(/ (?:src|srcset)="([^"]+)"/g)];
    const targets = [...images.map(([, , target = '']) => target), ...inReadme.map(([, target = '']) => target)];
    const names = new Set(targets.map((target) => target.split('/').at(-1)));
    expect(files.filter((path) => path.startsWith('docs/images/') && !names.has(path.split('/').at(-1)))).toEqual([]);
  });

  it('have mermaid blocks that begin with a known type of diagram', () => {
    const blocks = [...texts].flatMap(([path, text]) =>
      [...text.matchAll(/^ *```mermaid\n([^]*?)^ *```/gm)].map(([, source = '']) => ({ path, source })),
    );
    expect(blocks.length).toBeGreaterThan(0);
    expect(
      blocks.filter(({ source }) => !/^(?:flowchart (?:LR|TB|TD)|sequenceDiagram|stateDiagram-v2)\n/.test(source)),
    ).toEqual([]);
  });
});

it('the navigation of the documentation lists the home page first', () => {
  expect(listed[0]).toBe(HOME);
});
