/**
 * `npm run docs` generates the pages of `docs/reference` that are derived from the code, with one generator in tools/docs
 * for each kind. `npm run docs:check` writes nothing, and fails if a page is out of date.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { runnerImport } from 'vite';

const GENERATORS = 'tools/docs';
const checking = process.argv.includes('--check');

const stale = [];
for (const file of readdirSync(GENERATORS).sort()) {
  const { module } = await runnerImport(`./${GENERATORS}/${file}`, {
    resolve: { tsconfigPaths: true },
    logLevel: 'error',
  });
  for (const { path, text } of module.documents ?? []) {
    if (read(path) === text) continue;
    stale.push(path);
    if (!checking) write(path, text);
  }
}
for (const path of stale) console.log(checking ? `${path} is stale: npm run docs` : `wrote ${path}`);
process.exitCode = checking && stale.length > 0 ? 1 : 0;

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function write(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
