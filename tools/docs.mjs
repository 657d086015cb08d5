/**
 * `npm run docs` generates the pages of `docs/reference` that are derived from the code, with one generator in
 * tools/docs for each kind. `npm run docs:check` writes nothing, and fails if a page is out of date.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { isMain, withModules } from './modules.mjs';

const GENERATORS = 'tools/docs';
/** Loaded first, because it records which import registers a metric. The other generators import the same modules. */
const FIRST = 'metrics.ts';

/** The modules that `checkDocs` loads. */
export const DOCS_MODULES = [...new Set([FIRST, ...readdirSync(GENERATORS).sort()])].map(
  (file) => `${GENERATORS}/${file}`,
);

/** Returns a line for each page that is out of date. */
export async function checkDocs(load) {
  const stale = await stalePages(load);
  return stale.map(({ path }) => `${path} is out of date. Run: npm run docs`);
}

async function stalePages(load) {
  const pages = [];
  for (const path of DOCS_MODULES) pages.push(...((await load(path)).documents ?? []));
  return pages.filter(({ path, text }) => read(path) !== text);
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function write({ path, text }) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  console.log(`wrote ${path}`);
}

if (isMain(import.meta.url)) {
  if (process.argv.includes('--check')) {
    const problems = await withModules(DOCS_MODULES, checkDocs);
    for (const problem of problems) console.log(problem);
    process.exitCode = problems.length > 0 ? 1 : 0;
  } else for (const page of await withModules(DOCS_MODULES, stalePages)) write(page);
}
