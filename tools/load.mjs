// `npm run load`: installs packages if needed, bundles the load generator, and runs it. Needs no built product.
import { spawn } from 'node:child_process';
import { installIfNeeded } from './install.mjs';
import { endWithUsage } from './usage.mjs';

endWithUsage(`usage: npm run load -- --url URL --rate VISITS_A_SECOND|--visitors NUMBER …   runs a load test
       npm run load -- users --out FILE …       writes accounts for a load test
       npm run load -- records --flow SLUG …    makes records of made-up visitors
All options: docs/reference/load.md`);
installIfNeeded();
const { bundle } = await import('./build/processes.mjs');
await bundle(['load/main', 'load/worker'], { chunks: 'load' });
const args = ['--enable-source-maps', 'dist/load/main.js', ...process.argv.slice(2)];
const child = spawn(process.execPath, args, { stdio: 'inherit' });
// A Ctrl-C in the terminal reaches the load generator too, which then ends with a report.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => child.kill());
child.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
