const TURN_MS = 50;

/**
 * Lets processes run in turns from now on, one at a time, as a container's CPU limit would: of `turns` turns each has one, and
 * a turn that nobody has is nobody's. Without it, busy processes on a small machine are measured against the cores they
 * lack. The returned function lets them run freely again.
 */
export function timeSlice(turns: number, pids: readonly number[]): () => void {
  const signal = (name: NodeJS.Signals, pid?: number) => pid !== undefined && process.kill(pid, name);
  for (const pid of pids) signal('SIGSTOP', pid);
  let turn = 0;
  const clock = setInterval(() => {
    signal('SIGSTOP', pids[turn]);
    turn = (turn + 1) % turns;
    signal('SIGCONT', pids[turn]);
  }, TURN_MS);
  return () => {
    clearInterval(clock);
    for (const pid of pids) signal('SIGCONT', pid);
  };
}
