// `npm start`: runs Gatehouse on this machine, from a fresh clone too. Uses Node's own modules only, so that it runs
// before packages are installed.
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { prepare } from './prepare.mjs';

prepare();
// One thread for each core, so that no hash waits while a core is idle, and two for DNS lookups and file reads. Node
// starts four threads by default.
const UV_THREADPOOL_SIZE = process.env.UV_THREADPOOL_SIZE ?? String(availableParallelism() + 2);
const child = spawn(
  process.execPath,
  ['--enable-source-maps', 'dist/apps/standalone/src/main.js', ...process.argv.slice(2)],
  {
    stdio: 'inherit',
    env: { ...process.env, UV_THREADPOOL_SIZE },
  },
);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
