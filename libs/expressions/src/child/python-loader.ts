import { constants, readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { loadPyodide as load, PyodideInterface } from 'pyodide';

const HOME = '/gatehouse';
const SETUP = `
import sys
sys.path.insert(0, '${HOME}')
sys.dont_write_bytecode = True
import evaluation, hardening
hardening.warm()
`;

/** Loads Python with what an earlier one had in memory after `teach`. */
export const loadFromSnapshot = (packageFolder: string, snapshot: Uint8Array): Promise<PyodideInterface> =>
  loadPython(packageFolder, { _loadSnapshot: snapshot });

/** Loads Python as it comes, to be taught and then to be taken down. */
export const loadFresh = (packageFolder: string): Promise<PyodideInterface> =>
  loadPython(packageFolder, { _makeSnapshot: true });

/** Puts Python's own sources where it looks for them: files are no part of what it has in memory. */
export function writeSources({ FS }: PyodideInterface, folder: string): void {
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.py')) continue;
    FS.mkdirTree(dirname(`${HOME}/${file}`));
    FS.writeFile(`${HOME}/${file}`, readFileSync(`${folder}/${file}`));
  }
}

/** Python reads its sources, and all that expressions are likely to import. */
export const preloadModules = (pyodide: PyodideInterface): unknown => pyodide.runPython(SETUP);

/** One way of loading: memory that was taken down after another would not fit. */
async function loadPython(packageFolder: string, more: Parameters<typeof load>[0]): Promise<PyodideInterface> {
  // The only one that the loader asks for, and it wants numbers.
  Object.assign(process, { binding: () => ({ fs: constants }) });
  const { href } = pathToFileURL(`${packageFolder}/pyodide.mjs`);
  const { loadPyodide }: { loadPyodide: typeof load } = await import(href);
  return loadPyodide({ jsglobals: Object.create(null), env: {}, indexURL: packageFolder, ...more });
}
