const SLICE_MS = 50;

/**
 * Runs processes in time slices, one process at a time, like a CPU limit of a container. Each process gets one of
 * `turns` slices; slices without a process stay idle. Without time slices, the result would depend on the number of
 * cores. The returned function ends the time slicing.
 */
export function timeSlice(turns: number, pids: readonly number[]): () => void {
  const signal = (name: NodeJS.Signals, pid?: number) => pid !== undefined && process.kill(pid, name);
  for (const pid of pids) signal('SIGSTOP', pid);
  let turn = 0;
  const clock = setInterval(() => {
    signal('SIGSTOP', pids[turn]);
    turn = (turn + 1) % turns;
    signal('SIGCONT', pids[turn]);
  }, SLICE_MS);
  return () => {
    clearInterval(clock);
    for (const pid of pids) signal('SIGCONT', pid);
  };
}
