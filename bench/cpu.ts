import { readFileSync } from 'node:fs';

/** Linux counts CPU time in hundredths of a second, whatever its clock. */
const US_PER_TICK = 10_000;

/** A process by name; `whole` when its children belong to it, as Postgres's sessions do. */
export interface Watched {
  readonly name: string;
  readonly pid: number;
  readonly whole?: boolean;
}

/** CPU microseconds, user and system, of each name; two processes of one name are added up. */
export function cpuOf(watched: readonly Watched[]): Map<string, number> {
  const used = new Map<string, number>();
  for (const { name, pid, whole } of watched) {
    const ticks = whole ? withChildren(pid) : ticksOf(pid).own;
    used.set(name, (used.get(name) ?? 0) + ticks * US_PER_TICK);
  }
  return used;
}

/** Watches the machine from now on: how much of it, from 0 to 1, was taken by what is neither this process nor below it. */
export function watchOthers(): () => number {
  const began = { ...machine(), own: ownTicks() };
  return () => {
    const { busy, total } = machine();
    return (busy - began.busy - (ownTicks() - began.own)) / (total - began.total);
  };
}

/** Descendants count once they have ended. */
function ownTicks(): number {
  const { own, ended } = ticksOf(process.pid);
  return own + ended;
}

function machine(): { busy: number; total: number } {
  const line = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0] ?? '';
  // user, nice, system, idle, iowait, irq, softirq, steal; what follows is counted in user already.
  const ticks = line.trim().split(/\s+/).slice(1, 9).map(Number);
  const total = ticks.reduce((sum, one) => sum + one, 0);
  return { busy: total - (ticks[3] ?? 0) - (ticks[4] ?? 0), total };
}

/** A child that has ended is counted with its parent, so nothing is lost and nothing counted twice. */
function withChildren(pid: number): number {
  const { own, ended } = ticksOf(pid);
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  return children.reduce((sum, child) => sum + ownOf(child), own + ended);
}

/** Of one that may end at any moment. */
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
  // The name of a process may contain anything; the numbers begin behind its closing parenthesis, with field 3.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const field = (number: number) => Number(fields[number - 3]);
  return { own: field(14) + field(15), ended: field(16) + field(17) };
}
