// `npm run load`: installs packages if needed, bundles the load generator, and runs it. Needs no built product.
import { spawnSync } from 'node:child_process';
import { installIfNeeded } from './install.mjs';

installIfNeeded();
const { bundle } = await import('./build/processes.mjs');
await bundle(['load/main', 'load/worker'], { chunks: 'load' });
const { status } = spawnSync(
  process.execPath,
  ['--enable-source-maps', 'dist/load/main.js', ...process.argv.slice(2)],
  {
    stdio: 'inherit',
  },
);
process.exitCode = status ?? 1;
