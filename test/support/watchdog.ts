import { spawn } from 'node:child_process';

/**
 * Kills the process `pid` and removes the folder `remove` when this process ends, even by SIGKILL: a shell waits for the
 * end of a pipe that only this process holds open. Returns a function that stops the shell.
 */
export function killWhenParentDies(pid: number, { remove = '' }: { remove?: string } = {}): () => void {
  const script = 'read _; kill -KILL "$1"; if [ -n "$2" ]; then rm -rf "$2"; fi';
  const watchdog = spawn('sh', ['-c', script, 'sh', String(pid), remove], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  watchdog.unref();
  const pipe = watchdog.stdin as typeof watchdog.stdin & { unref?: () => void };
  pipe.unref?.();
  return () => void watchdog.kill('SIGKILL');
}
