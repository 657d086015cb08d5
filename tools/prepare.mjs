import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { installIfNeeded } from './install.mjs';

const BUILT = 'dist/apps/standalone/src/main.js';

/** Installs what is missing and builds what is older than its sources, so that a command works on a bare clone. */
export function prepare() {
  installIfNeeded();
  if (isBuilt()) return;
  const { status } = spawnSync(process.execPath, ['tools/build.mjs'], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

function isBuilt() {
  const built = modified(BUILT);
  return built > 0 && ['apps', 'libs'].every((folder) => newest(folder) < built);
}

const newest = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((latest, entry) => Math.max(latest, modified(join(entry.parentPath, entry.name))), 0);

function modified(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
