import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Installs the packages of the lockfile if other packages or none are installed. Needs no installed package itself. */
export function installIfNeeded() {
  if (isInstalled()) return;
  console.log('Installing the packages of package-lock.json …');
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { stdio: 'inherit' });
  if (status !== 0) throw new Error('npm ci failed');
}

/**
 * Returns whether the installed packages are those of the lockfile. npm stores the list of installed packages in
 * node_modules, in the format of the lockfile.
 */
function isInstalled() {
  const wanted = packagesOf('package-lock.json');
  const found = packagesOf('node_modules/.package-lock.json');
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true;
    const here = found[path];
    return here ? here.integrity === entry.integrity : entry.optional === true || entry.devOptional === true;
  });
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return {};
  }
}
