/**
 * Compiles every app and library into `dist/`. The pages become a bundle for browsers and a bundle for the gateway.
 * Does nothing when no input has changed since the last build.
 */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { digestOfInputs, isBuilt, recordBuild } from './build-inputs.mjs';

if (isBuilt()) console.log('dist/ is up to date.');
else process.exitCode = await build();

async function build() {
  const { buildPython, readPreviousSnapshot } = await import('../libs/expressions/build.mjs');
  const { buildPages } = await import('../apps/web/build.mjs');
  const digest = digestOfInputs();
  const previousSnapshot = readPreviousSnapshot();
  rmSync('dist', { recursive: true, force: true });
  const { status } = spawnSync('npx', ['nest', 'build', 'gateway'], { stdio: 'inherit' });
  if (status !== 0) return status ?? 1;
  buildPython(previousSnapshot);
  await buildPages();
  recordBuild(digest);
  return 0;
}
