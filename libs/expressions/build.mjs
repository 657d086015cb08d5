/** Python's sources go to `dist/` as they are, and beside them what Python's memory is once it has read them: starting from that takes a fifth of the time. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

const OUT = at('../../dist/libs/expressions/src');
const SNAPSHOT = join(OUT, 'python.snapshot');
const KEY = `${SNAPSHOT}.key`;
const PYODIDE = dirname(createRequire(import.meta.url).resolve('pyodide'));

/** What an earlier build has made: read before `dist/` is emptied. */
export const madeBefore = () =>
  existsSync(KEY) && existsSync(SNAPSHOT)
    ? { key: readFileSync(KEY, 'utf8'), snapshot: readFileSync(SNAPSHOT) }
    : undefined;

/** Needs the compiled child program; `made` is used again if nothing has changed that it was made of. */
export function buildPython(made) {
  const sources = join(OUT, 'python');
  cpSync(at('src/python'), sources, { recursive: true, filter: (path) => !path.includes('__pycache__') });
  const key = keyOf([sources, join(OUT, 'child')]);
  if (made?.key === key) writeFileSync(SNAPSHOT, made.snapshot);
  else run(join(OUT, 'child/snapshot.js'), PYODIDE, sources, SNAPSHOT);
  writeFileSync(KEY, key);
}

function run(...args) {
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit', env: {} });
  if (status !== 0) throw new Error('the memory of Python could not be prepared');
}

function keyOf(folders) {
  const hash = createHash('sha256').update(`${process.version} ${process.arch}`);
  hash.update(readFileSync(join(PYODIDE, 'package.json')));
  for (const folder of folders) {
    for (const file of readdirSync(folder, { recursive: true, withFileTypes: true }).sort(byName)) {
      if (file.isFile()) hash.update(file.name).update(readFileSync(join(file.parentPath, file.name)));
    }
  }
  return hash.digest('hex');
}

const byName = (a, b) => (join(a.parentPath, a.name) < join(b.parentPath, b.name) ? -1 : 1);
