import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

/** A page in the navigation. */
export interface Entry {
  readonly title: string;
  /** Path of the Markdown file from the root of the repository. */
  readonly path: string;
  /** Pages below this page: those that its table lists, such as the decisions, or that the list has below it. */
  readonly pages: readonly Entry[];
}

/** One heading of the navigation, such as "Flow authors". */
export interface Group {
  readonly title: string;
  readonly pages: readonly Entry[];
}

/** Tutorials, how-to pages, reference, explanation, or pages of the repository outside of `docs/`. */
export interface Kind {
  readonly title: string;
  readonly groups: readonly Group[];
}

/** The page that lists all others. It is the home page of the site. */
export const HOME = 'docs/README.md';

/** Pages whose tables list the other pages of their folder. */
const TABLES = new Set(['docs/spec/README.md', 'docs/adr/README.md']);

/** Folders without pages: installed packages, built files, and folders whose names begin with a dot. */
const NOT_SEARCHED = /^(?:node_modules|dist|\..*)$/;

/**
 * Returns the kinds, groups and pages that HOME lists: each `##` is a kind, each `###` a group, each item of a list a
 * page. `root` is the folder of the repository.
 */
export function readNavigation(root = '.'): readonly Kind[] {
  const [, ...kinds] = readFileSync(join(root, HOME), 'utf8').split(/^## /m);
  return kinds.map((section) => {
    const [first = '', ...groups] = section.split(/^### /m);
    const ungrouped = pagesIn(first, root);
    return {
      title: titleIn(first),
      groups: [
        ...(ungrouped.length > 0 ? [{ title: titleIn(first), pages: ungrouped }] : []),
        ...groups.map((group) => ({ title: titleIn(group), pages: pagesIn(group, root) })),
      ],
    };
  });
}

/** Returns the pages of a navigation, and HOME. */
export const pagesOf = (kinds: readonly Kind[]): readonly string[] => [
  HOME,
  ...kinds.flatMap(({ groups }) => groups.flatMap(({ pages }) => pages.flatMap(pathsOf))),
];

const pathsOf = ({ path, pages }: Entry): string[] => [path, ...pages.flatMap(pathsOf)];

/** Returns the path of a page on the site, without its extension. Pages outside of `docs/` are in `repository/`. */
export function sitePathOf(path: string): string {
  const published = path.startsWith('docs/') ? path.slice('docs/'.length) : `repository/${path}`;
  return published.replace(/\.md$/, '').replace(/(^|\/)README$/, '$1index');
}

const titleIn = (section: string): string => section.split('\n', 1)[0]!.trim();

/** Returns the pages in a list. Items that are indented belong to the item above them. */
function pagesIn(section: string, root: string): Entry[] {
  const [, ...items] = section.split(/^(?=- )/m);
  return items.flatMap((item) => {
    const [first, ...nested] = [...item.matchAll(/^ *- \[([^\]]+)\]\(([^)#]+)\)/gm)].map(
      ([, title = '', target = '']) => ({
        title,
        path: posix.join('docs', target),
        pages: [] as Entry[],
      }),
    );
    return first ? [{ ...first, pages: TABLES.has(first.path) ? rowsOf(first.path, root) : nested }] : [];
  });
}

/** Returns the pages to which the rows of a table lead, with their own titles. */
function rowsOf(list: string, root: string): Entry[] {
  const text = readFileSync(join(root, list), 'utf8');
  return [...text.matchAll(/^\|.*?\]\(([\w-]+\.md)\)/gm)].map(([, file = '']) => {
    const path = posix.join(posix.dirname(list), file);
    return { title: titleIn(readFileSync(join(root, path), 'utf8')).replace(/^# /, ''), path, pages: [] };
  });
}

/** Returns the Markdown files under `root` that are not in `published`. Installed and built files are not searched. */
export function unlistedPages(root: string, published: ReadonlySet<string>, folder = ''): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name);
    if (entry.isDirectory()) return NOT_SEARCHED.test(entry.name) ? [] : unlistedPages(root, published, path);
    return path.endsWith('.md') && !published.has(path) ? [path] : [];
  });
}
