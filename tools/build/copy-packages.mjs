/**
 * `node tools/build/copy-packages.mjs FOLDER` copies the packages that the bundles in `dist/` import from `node_modules`
 * to FOLDER, with their native code for the installed platform. Leaves out what only developers read.
 */
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXTERNAL_PACKAGES } from './external-packages.mjs';

const FOR_DEVELOPERS = /\.(map|d\.ts|d\.cts|d\.mts|html)$|\/README\.md$/;

const [target] = process.argv.slice(2);
if (target === undefined) {
  console.error('FOLDER is missing. Usage: node tools/build/copy-packages.mjs FOLDER');
  process.exit(1);
}
for (const name of EXTERNAL_PACKAGES.flatMap((name) => [name, ...nativePackagesOf(name)]))
  cpSync(join('node_modules', name), join(target, 'node_modules', name), {
    recursive: true,
    filter: (path) => !FOR_DEVELOPERS.test(path),
  });

/**
 * Returns the installed packages that contain the native code of a package. npm installs only those for its own
 * platform.
 */
function nativePackagesOf(name) {
  const { optionalDependencies = {} } = JSON.parse(readFileSync(join('node_modules', name, 'package.json'), 'utf8'));
  return Object.keys(optionalDependencies).filter((dependency) => existsSync(join('node_modules', dependency)));
}
