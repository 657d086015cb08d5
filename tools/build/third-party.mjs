/**
 * Lists the packages that are bundled in `dist/` or installed in the image, with their licences. A package is named by
 * its path in package-lock.json.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { EXTERNAL_PACKAGES } from './external-packages.mjs';

const PACKAGE = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/;
/** Native code for the platforms that images are built for. */
const NATIVE = /^node_modules\/@node-rs\/(argon2|bcrypt)-linux-(x64|arm64)-gnu$/;
const LICENCE_FILE = /^(licen[cs]e|copying|notice|copyright)/i;

/** Writes `packages.json` and `THIRD-PARTY-LICENCES.txt` to `dist/`, for the modules that were bundled. */
export function recordPackages(moduleIds) {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  const bundled = moduleIds.flatMap((id) => relative('.', id).match(PACKAGE) ?? []);
  const external = EXTERNAL_PACKAGES.map((name) => `node_modules/${name}`);
  const native = Object.keys(packages).filter((path) => NATIVE.test(path));
  const shipped = new Set([...bundled, ...external, ...native]);
  const paths = Object.keys(packages).filter((path) => shipped.has(path));
  writeFileSync('dist/packages.json', `${JSON.stringify(paths, undefined, 2)}\n`);
  writeFileSync('dist/THIRD-PARTY-LICENCES.txt', paths.map((path) => noticeOf(path, packages[path])).join('\n'));
}

function noticeOf(path, { version, license }) {
  const name = path.split('node_modules/').at(-1);
  const texts = licenceTextsOf(path) ?? [];
  if (texts.length === 0)
    texts.push(`The package has no licence file. Its package.json names the licence ${license}.\n`);
  return `${'='.repeat(80)}\n${name} ${version}: ${license}\n${'='.repeat(80)}\n${texts.join('\n')}`;
}

/** Returns the licence files of a package, or `undefined` when it is not installed, because it is for another platform. */
function licenceTextsOf(path) {
  try {
    const files = readdirSync(path).filter((file) => LICENCE_FILE.test(file) && !/\.[cm]?[jt]s$/.test(file));
    return files.map((file) => readFileSync(join(path, file), 'utf8'));
  } catch {
    return undefined;
  }
}
