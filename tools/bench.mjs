// `npm run bench`: builds the product if it is out of date, bundles the benchmark, and runs it.
import { spawnSync } from 'node:child_process';
import { prepare } from './prepare.mjs';
import { endWithUsage } from './usage.mjs';

const USAGE = `usage: npm run bench -- [SCENARIO…] [--users NUMBER]
       measures the product and its baseline; an unknown SCENARIO prints the names of all`;
endWithUsage(USAGE, ['--users']);
prepare();
const { bundle } = await import('./build/processes.mjs');
const entries = ['main', 'driver', 'load-driver', 'baseline/server', 'baseline/echo'].map((name) => `bench/${name}`);
await bundle(entries, { chunks: 'bench', external: ['playwright-core'] });
const { status } = spawnSync(
  process.execPath,
  ['--enable-source-maps', 'dist/bench/main.js', ...process.argv.slice(2)],
  {
    stdio: 'inherit',
  },
);
process.exitCode = status ?? 1;
