import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** Number of threads in addition to one for each core, so that DNS lookups and file reads do not wait for hashes. */
const SPARE_THREADS = 2;

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/**
 * Runs `service` with one hashing thread for each core. Hashes run on libuv's thread pool, whose size is fixed at its
 * first use. Node already uses the pool to load the entry file, so a process without UV_THREADPOOL_SIZE starts itself
 * again with that variable set.
 */
export async function runWithThreadPool(service: () => Promise<void>): Promise<void> {
  if (process.env['UV_THREADPOOL_SIZE']) {
    stopWithParent();
    return service();
  }
  const size = String(availableParallelism() + SPARE_THREADS);
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    env: { ...process.env, UV_THREADPOOL_SIZE: size },
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  for (const signal of SIGNALS) process.on(signal, () => child.kill(signal));
  child.once('exit', (code, signal) => {
    if (!signal) return process.exit(code ?? 1);
    // This process exits by the same signal as the service process, so that a supervisor sees the real cause.
    for (const forwarded of SIGNALS) process.removeAllListeners(forwarded);
    process.kill(process.pid, signal);
  });
}

/**
 * Stops this process, as SIGTERM does, when its parent process has exited. A parent that is killed by SIGKILL cannot
 * forward a signal, so this process would otherwise keep the port and continue to serve.
 */
function stopWithParent() {
  const stop = () => void process.kill(process.pid, 'SIGTERM');
  // `connected` is undefined if no parent started this process, because the environment has UV_THREADPOOL_SIZE.
  if (process.connected === false) stop();
  else if (process.connected) process.once('disconnect', stop);
}
