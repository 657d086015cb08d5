import { cpSync, mkdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';
import { checkSite } from '../check-site.ts';
import { slugOf } from '../markdown-text.ts';
import { pagesOf, readNavigation, sitePathOf, unlistedPages } from '../navigation.ts';
import { repositoryMarkdown } from '../repository-markdown.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const repositoryUrl = process.env.DOCS_REPOSITORY_URL?.replace(/\/$/, '');
const kinds = readNavigation(root);
const pages = pagesOf(kinds);
/** Files of `docs/` that pages link to, such as JSON Schemas. */
const files = new Set();

const published = new Set(pages);

/** Returns the folder of a page on the site, which decides which sidebar the page has. */
const sectionOf = (page) => `/${sitePathOf(page).replace(/\/.*/, '/')}`;
const link = (page) => `/${sitePathOf(page).replace(/(^|\/)index$/, '$1')}`;

const entryOf = ({ title, path, pages: nested }) => ({
  text: title,
  link: link(path),
  ...(nested.length > 0 && { collapsed: true, items: nested.map(entryOf) }),
});

const sidebarOf = ({ groups }) =>
  groups.map(({ title, pages: entries }) => ({ text: title, collapsed: false, items: entries.map(entryOf) }));

const sidebar = Object.fromEntries(
  kinds.flatMap((kind) => [...new Set(pagesOf([kind]).slice(1).map(sectionOf))].map((key) => [key, sidebarOf(kind)])),
);

/** Pages are outside of this package, so that their imports of Vue would not be found when the build renders them. */
const externalVue = {
  name: 'external-vue',
  enforce: 'pre',
  resolveId: (id, _importer, { ssr }) =>
    ssr && /^vue(?:\/server-renderer)?$/.test(id) ? { id, external: true } : undefined,
};

export default defineConfig({
  title: 'Gatehouse',
  description: 'A login-flow engine: the flow executor API of authentik, cut into services that scale apart',
  lang: 'en',
  base: process.env.DOCS_BASE ?? '/',
  srcDir: root,
  outDir: join(root, 'site/dist'),
  cacheDir: join(root, '.cache/docs-site'),
  srcExclude: unlistedPages(root, published),
  rewrites: Object.fromEntries(pages.map((page) => [page, `${sitePathOf(page)}.md`])),
  metaChunk: true,
  // How-to pages name the addresses of a deployment on the reader's machine.
  ignoreDeadLinks: [/^https?:\/\/(?:localhost|127\.0\.0\.1)\b/],
  markdown: {
    attrs: { disable: true },
    languageAlias: { caddyfile: 'nginx', haproxy: 'ini', logql: 'sql' },
    anchor: { slugify: slugOf },
    config: (md) => {
      repositoryMarkdown(md, { root, repositoryUrl, published, files });
    },
  },
  vite: {
    plugins: [externalVue],
    build: { chunkSizeWarningLimit: 2000 },
    server: { watch: { ignored: ['**/dist/**', '**/.cache/**', '**/.gatehouse/**'] } },
  },
  themeConfig: {
    search: { provider: 'local' },
    nav: kinds.map((kind) => ({
      text: kind.title,
      link: link(pagesOf([kind])[1]),
      activeMatch: `^(?:${[...new Set(pagesOf([kind]).slice(1).map(sectionOf))].join('|')})`,
    })),
    sidebar,
    outline: { level: [2, 3] },
    externalLinkIcon: true,
    ...(repositoryUrl && {
      editLink: { pattern: `${repositoryUrl}/:path`, text: 'Source of this page' },
    }),
  },
  buildEnd({ outDir }) {
    for (const file of files) {
      const target = join(outDir, relative('docs', file));
      mkdirSync(dirname(target), { recursive: true });
      cpSync(join(root, file), target);
    }
    checkSite(outDir, process.env.DOCS_BASE ?? '/');
  },
});
