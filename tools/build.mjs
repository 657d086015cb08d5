/** Compiles every app and library into dist/, from scratch. */
import { spawnSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';

rmSync('dist', { recursive: true, force: true });
const { status } = spawnSync('npx', ['nest', 'build', 'gateway'], { stdio: 'inherit' });
// What is no TypeScript goes along as it is.
cpSync('libs/expressions/src/python', 'dist/libs/expressions/src/python', {
  recursive: true,
  filter: (path) => !path.includes('__pycache__'),
});
process.exitCode = status ?? 1;
