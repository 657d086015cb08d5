/**
 * Bundles every process and command into `dist/`. The pages become a bundle for browsers and a bundle for the gateway.
 * Does nothing when no input has changed since the last build. With `--image`, leaves out the example pages.
 * Writes which packages are in the bundles, with their licences.
 */
import { rmSync } from 'node:fs';
import { digestOfInputs, isBuilt, recordBuild } from './build/inputs.mjs';

const forImage = process.argv.includes('--image');
if (isBuilt()) console.log('dist/ is up to date.');
else await build();

async function build() {
  const { recordPackages } = await import('./build/third-party.mjs');
  const { buildProcesses } = await import('./build/processes.mjs');
  const { buildPython, readPreviousSnapshot } = await import('../libs/expressions/build.mjs');
  const { buildPages } = await import('../apps/web/build.mjs');
  const digest = digestOfInputs();
  const previousSnapshot = readPreviousSnapshot();
  rmSync('dist', { recursive: true, force: true });
  const modules = await buildProcesses();
  buildPython(previousSnapshot);
  modules.push(...(await buildPages({ examples: !forImage })));
  recordPackages(modules);
  recordBuild(digest);
}
