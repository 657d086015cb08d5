import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const DIGEST_FILE = 'dist/.inputs';
const FILES = ['tsconfig.json', 'package-lock.json', 'tools/build.mjs'];
/** Entry file of the process in which the suites start parts of the product. The image is built without it. */
export const SERVICE_HOST = 'test/support/service-host-process';
const NOT_BUILT = /\.spec\.tsx?$|\/testing\//;

/** Returns whether `dist/` was built from the present sources. */
export function isBuilt() {
  try {
    return readFileSync(DIGEST_FILE, 'utf8') === digestOfInputs();
  } catch {
    return false;
  }
}

/** Records that `dist/` was built from the sources with this digest. */
export function recordBuild(digest) {
  mkdirSync('dist', { recursive: true });
  writeFileSync(DIGEST_FILE, digest);
}

/** Returns the digest of all files that the build reads. */
export function digestOfInputs() {
  const hash = createHash('sha256').update(process.version);
  const host = [`${SERVICE_HOST}.ts`].filter((path) => existsSync(path));
  for (const path of [...FILES, ...host, ...['apps', 'libs', 'packages', 'tools/build'].flatMap(sourcesOf)].sort())
    hash.update(`${path}\0`).update(readFileSync(path));
  return hash.digest('hex');
}

const sourcesOf = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !NOT_BUILT.test(path) && !path.includes('__pycache__'));
