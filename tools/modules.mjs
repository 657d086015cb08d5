import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { installIfNeeded } from './install.mjs';
import { loadProblem } from './load-problem.mjs';

/** Parent folder of the bundles. It is in the repository, so that they find its packages. */
const BUNDLES = '.cache';
/** Packages that Node loads from `node_modules`. The helpers of the compiler are not among them, so they are bundled. */
const PACKAGE = /^(?!@gatehouse\/|@oxc-project\/)[@a-z]/;

/**
 * Bundles TypeScript modules, given by their paths in the repository, and calls `use` with a function that loads one of
 * them. Each module is compiled and run once. Installs packages first if needed, so that a command works in a fresh
 * clone. If a module is missing or cannot be parsed, prints which, and ends the process.
 */
export async function withModules(paths, use) {
  installIfNeeded();
  const folder = newFolder();
  try {
    await bundle(paths, folder);
  } catch (error) {
    const problem = loadProblem(error);
    if (problem === undefined) throw error;
    console.error(problem);
    process.exit(1);
  }
  return use((path) => import(pathToFileURL(join(folder, `${path}.js`)).href));
}

/** Makes a folder that is removed when the process ends. */
function newFolder() {
  mkdirSync(BUNDLES, { recursive: true });
  const folder = mkdtempSync(join(BUNDLES, 'modules-'));
  process.once('exit', () => rmSync(folder, { recursive: true }));
  return folder;
}

async function bundle(paths, dir) {
  const { rolldown } = await import('rolldown');
  const build = await rolldown({
    input: Object.fromEntries(paths.map((path) => [path, path])),
    platform: 'node',
    tsconfig: 'tsconfig.json',
    external: PACKAGE,
    treeshake: false,
    // An import of a name that is not exported is undefined instead of an error, so that check:stages can name the
    // page that lacks it.
    shimMissingExports: true,
  });
  const fileNames = { entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' };
  await build.write({ dir, format: 'esm', ...fileNames, sourcemap: true, sourcemapExcludeSources: true });
  process.setSourceMapsEnabled(true);
}

/** Returns whether the program was started with this module. */
export const isMain = (url) => url === pathToFileURL(process.argv[1]).href;
