import { constants, readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { loadPyodide as load, PyodideInterface } from 'pyodide';
import { MemoryImage } from './memory-image.js';
import { releaseMemory } from './release-memory.js';

const HOME = '/gatehouse';
const SETUP = `
import sys
sys.path.insert(0, '${HOME}')
sys.dont_write_bytecode = True
import evaluation, hardening
hardening.preload()
`;

/** Loads Python from a snapshot file of its memory. The snapshot was taken after `preloadModules`. */
export async function loadFromSnapshot(packageFolder: string, file: string): Promise<PyodideInterface> {
  const snapshot = await decodeSnapshot(file);
  const pyodide = await loadPython(packageFolder, { _loadSnapshot: snapshot });
  await releaseMemory(snapshot.buffer);
  return pyodide;
}

async function decodeSnapshot(file: string): Promise<Uint8Array> {
  const encoded = readFileSync(file);
  const snapshot = MemoryImage.decode(encoded).toMemory();
  await releaseMemory(encoded.buffer);
  return snapshot;
}

/** Loads Python without a snapshot, in order to make one. */
export const loadFresh = (packageFolder: string): Promise<PyodideInterface> =>
  loadPython(packageFolder, { _makeSnapshot: true });

/** Copies the Python sources into Pyodide's virtual file system, which snapshots do not contain. */
export function writeSources({ FS }: PyodideInterface, folder: string): void {
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.py')) continue;
    FS.mkdirTree(dirname(`${HOME}/${file}`));
    FS.writeFile(`${HOME}/${file}`, readFileSync(`${folder}/${file}`));
  }
}

/** Removes all device files. Reading such a file changes its access time, which a later evaluation could observe. */
export function removeDevices({ FS }: PyodideInterface): void {
  const paths = FS.readdir('/dev').map((name: string) => `/dev/${name}`);
  for (const path of paths) if (!FS.isDir(FS.lstat(path).mode)) FS.unlink(path);
}

/** Imports the Python sources, and modules that expressions often use. */
export const preloadModules = (pyodide: PyodideInterface): unknown => pyodide.runPython(SETUP);

/**
 * Loads Python. The options are always the same, because a snapshot works only with the options with which it was made.
 */
async function loadPython(
  packageFolder: string,
  snapshotOptions: Parameters<typeof load>[0],
): Promise<PyodideInterface> {
  // Node.js's permission model forbids process.binding. Pyodide's loader only reads the constants of `fs` from it.
  Object.assign(process, { binding: () => ({ fs: constants }) });
  const { href } = pathToFileURL(`${packageFolder}/pyodide.mjs`);
  const { loadPyodide }: { loadPyodide: typeof load } = await import(href);
  return loadPyodide({ jsglobals: Object.create(null), env: {}, indexURL: packageFolder, ...snapshotOptions });
}
