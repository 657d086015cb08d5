/** Compiles every app and library into dist/, from scratch. */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';

rmSync('dist', { recursive: true, force: true });
const { status } = spawnSync('npx', ['nest', 'build', 'gateway'], { stdio: 'inherit' });
process.exitCode = status ?? 1;
