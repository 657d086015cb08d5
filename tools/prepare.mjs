import { spawnSync } from 'node:child_process';
import { isBuilt } from './build/inputs.mjs';
import { installIfNeeded } from './install.mjs';

/** Installs missing packages and builds outdated code, so that a command works in a fresh clone. */
export function prepare() {
  installIfNeeded();
  if (isBuilt()) return;
  const { status } = spawnSync(process.execPath, ['tools/build.mjs'], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
