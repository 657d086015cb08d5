import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Installs the packages of the lockfile in `folder` if other packages or none are installed. Needs no installed package
 * itself.
 */
export function installIfNeeded(folder = '.') {
  if (isInstalled(folder)) return;
  console.log(`Installing the packages of ${join(folder, 'package-lock.json')} …`);
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status } = spawnSync('npm', args, { cwd: folder, stdio: 'inherit' });
  if (status !== 0) throw new Error('npm ci failed');
}

/**
 * Returns whether the installed packages are those of the lockfile. npm stores the list of installed packages in
 * node_modules, in the format of the lockfile.
 */
function isInstalled(folder) {
  const wanted = packagesOf(join(folder, 'package-lock.json'));
  const found = packagesOf(join(folder, 'node_modules/.package-lock.json'));
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
