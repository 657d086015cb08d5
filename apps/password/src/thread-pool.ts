import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** Threads beyond one a core, so that name look-ups and file reads do not wait for hashes. */
const SPARE_THREADS = 2;

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/**
 * Runs `service` with a thread for each core. Hashes run on libuv's pool, whose size is fixed when Node first uses it:
 * loading the entry file already does, so a process that was started without UV_THREADPOOL_SIZE starts itself again.
 */
export async function runWithThreadPool(service: () => Promise<void>): Promise<void> {
  if (process.env['UV_THREADPOOL_SIZE']) return service();
  const size = String(availableParallelism() + SPARE_THREADS);
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    env: { ...process.env, UV_THREADPOOL_SIZE: size },
    stdio: 'inherit',
  });
  for (const signal of SIGNALS) process.on(signal, () => child.kill(signal));
  child.once('exit', (code, signal) => {
    if (!signal) return process.exit(code ?? 1);
    // Ends the way the service did, as whoever watches this process expects.
    for (const passedOn of SIGNALS) process.removeAllListeners(passedOn);
    process.kill(process.pid, signal);
  });
}
