/** Compiles every app and library into dist/, from scratch; pages become a bundle for browsers and one for the gateway. */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { buildPages } from '../apps/web/build.mjs';
import { buildPython, readPreviousSnapshot } from '../libs/expressions/build.mjs';

const python = readPreviousSnapshot();
rmSync('dist', { recursive: true, force: true });
const { status } = spawnSync('npx', ['nest', 'build', 'gateway'], { stdio: 'inherit' });
process.exitCode = status ?? 1;
if (status === 0) {
  buildPython(python);
  await buildPages();
}
