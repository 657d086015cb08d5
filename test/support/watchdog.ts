import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';

/**
 * Reads lines, `watch PID FOLDER` or `unwatch PID`, until the pipe ends. Then kills the processes that are still
 * watched, and removes their folders. A folder may be missing.
 */
const SCRIPT = `
pids=
while read -r action pid folder; do
  if [ "$action" = watch ]; then pids="$pids $pid"; eval "watched_$pid=yes folder_$pid=\\$folder"
  else eval "watched_$pid="; fi
done
for pid in $pids; do
  eval "watched=\\$watched_$pid folder=\\$folder_$pid"
  [ -n "$watched" ] || continue
  kill -KILL "$pid"
  [ -z "$folder" ] || rm -rf "$folder"
done`;

let watchdog: Watchdog | undefined;

/**
 * Kills the process `pid` and removes the folder `remove` when this process ends, even by SIGKILL. Returns a function
 * that cancels this. One shell does it for all processes, because a large process takes long to start another one.
 */
export function killWhenParentDies(pid: number, { remove = '' }: { remove?: string } = {}): () => void {
  watchdog ??= new Watchdog();
  watchdog.watch(pid, remove);
  return () => watchdog?.unwatch(pid);
}

/** A shell that waits for the end of a pipe which only this process holds open. */
export class Watchdog {
  private readonly shell = spawn('sh', ['-c', SCRIPT], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  /** Resolves when the shell has ended, after it has killed the watched processes. */
  readonly gone = once(this.shell, 'exit');

  constructor() {
    this.shell.unref();
    (this.shell.stdin as Socket).unref();
  }

  /** The id of a process that could not be started is 0. It is not watched, because a kill of 0 would end the shell. */
  watch(pid: number, folder: string): void {
    if (pid > 0) this.shell.stdin.write(`watch ${pid} ${folder}\n`);
  }

  unwatch(pid: number): void {
    this.shell.stdin.write(`unwatch ${pid}\n`);
  }

  /** Closes the pipe, as the end of this process does. */
  close(): void {
    this.shell.stdin.end();
  }
}
