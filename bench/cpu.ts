import { readFileSync } from 'node:fs';

/** Linux reports CPU time in hundredths of a second (USER_HZ). */
const US_PER_TICK = 10_000;

/** A process to measure. `includesChildren` includes its children, such as the backends of Postgres. */
export interface WatchedProcess {
  readonly name: string;
  readonly pid: number;
  readonly includesChildren?: boolean;
}

/** Returns the CPU time in microseconds (user and system) by name. Adds up processes with the same name. */
export function cpuOf(watched: readonly WatchedProcess[]): Map<string, number> {
  const used = new Map<string, number>();
  for (const { name, pid, includesChildren } of watched) {
    const ticks = includesChildren ? withChildren(pid) : ticksOf(pid).own;
    used.set(name, (used.get(name) ?? 0) + ticks * US_PER_TICK);
  }
  return used;
}

/**
 * Starts to measure the load of other processes. The returned function returns the share of CPU time (0 to 1) that
 * processes outside of this process tree have used since.
 */
export function watchOthers(): () => number {
  const start = { ...machine(), own: ownTicks() };
  return () => {
    const { busy, total } = machine();
    return (busy - start.busy - (ownTicks() - start.own)) / (total - start.total);
  };
}

/** Returns the CPU ticks of this process and of its descendants that have exited. */
function ownTicks(): number {
  const { own, ended } = ticksOf(process.pid);
  return own + ended;
}

function machine(): { busy: number; total: number } {
  const line = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0] ?? '';
  // The fields are user, nice, system, idle, iowait, irq, softirq and steal. The fields after them, guest and
  // guest_nice, are included in user and nice.
  const ticks = line.trim().split(/\s+/).slice(1, 9).map(Number);
  const total = ticks.reduce((sum, value) => sum + value, 0);
  return { busy: total - (ticks[3] ?? 0) - (ticks[4] ?? 0), total };
}

/**
 * Returns the CPU ticks of a process tree. Linux adds the ticks of an exited child to its parent, so no ticks are lost
 * or counted twice.
 */
function withChildren(pid: number): number {
  const { own, ended } = ticksOf(pid);
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  return children.reduce((sum, child) => sum + ownOf(child), own + ended);
}

/** Returns the CPU ticks of a process, or 0 if the process has exited. */
function ownOf(pid: number): number {
  try {
    return ticksOf(pid).own;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return 0;
    throw error;
  }
}

function ticksOf(pid: number): { own: number; ended: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The process name may contain any character. Field 3 follows its closing parenthesis.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const field = (number: number) => Number(fields[number - 3]);
  return { own: field(14) + field(15), ended: field(16) + field(17) };
}
