/**
 * `npm run docs` writes the pages that the code says of itself, one generator in tools/docs for each kind of them.
 * `npm run docs:check` writes nothing, and fails when a page is not what it would write.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { loadConfigFromFile, runnerImport } from 'vite';

const GENERATORS = 'tools/docs';
const checking = process.argv.includes('--check');

const { config } = await loadConfigFromFile({ command: 'build', mode: 'docs' }, 'vitest.config.ts');
const stale = [];
for (const file of readdirSync(GENERATORS).sort()) {
  const { module } = await runnerImport(`./${GENERATORS}/${file}`, { resolve: config.resolve, logLevel: 'error' });
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
