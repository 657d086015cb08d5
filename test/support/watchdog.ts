import { spawn } from 'node:child_process';

/**
 * Kills the process `pid`, and removes the folder `remove`, when this process dies in whatever way, SIGKILL included:
 * a shell waits for the end of a pipe that only this process holds. Returns how to call it off.
 */
export function killWhenParentDies(pid: number, { remove = '' }: { remove?: string } = {}): () => void {
  const script = 'read _; kill -KILL "$1"; if [ -n "$2" ]; then rm -rf "$2"; fi';
  const dog = spawn('sh', ['-c', script, 'sh', String(pid), remove], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  dog.unref();
  const leash = dog.stdin as typeof dog.stdin & { unref?: () => void };
  leash.unref?.();
  return () => void dog.kill('SIGKILL');
}
