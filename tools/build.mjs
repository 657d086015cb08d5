/** Compiles every app and library into dist/, from scratch; pages become a bundle for browsers and one for the gateway. */
import { spawnSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { buildPages } from '../apps/web/build.mjs';

rmSync('dist', { recursive: true, force: true });
const { status } = spawnSync('npx', ['nest', 'build', 'gateway'], { stdio: 'inherit' });
// What is no TypeScript goes along as it is.
cpSync('libs/expressions/src/python', 'dist/libs/expressions/src/python', {
  recursive: true,
  filter: (path) => !path.includes('__pycache__'),
});
process.exitCode = status ?? 1;
if (status === 0) await buildPages();
