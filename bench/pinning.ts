import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** The numbers of the two cores to which a scenario pins the load generator and the product. */
export const CORES = { driver: 0, product: 1 } as const;

/** Whether the processes can be pinned to cores: needs two cores, and taskset of util-linux. */
export const canPin = (): boolean => availableParallelism() > CORES.product && hasTaskset();

function hasTaskset(): boolean {
  try {
    execFileSync('taskset', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/**
 * Pins a process with its threads and its descendants to a core, or to cores such as `0-2`. Processes that it starts
 * later inherit this setting.
 */
export function pin(pid: number, cores: number | string): void {
  execFileSync('taskset', ['-a', '-c', '-p', String(cores), String(pid)], { stdio: 'ignore' });
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  for (const child of children) pinUnlessEnded(Number(child), cores);
}

/** Pins a process that may end at any time, such as a worker of Postgres. */
function pinUnlessEnded(pid: number, cores: number | string): void {
  try {
    pin(pid, cores);
  } catch (error) {
    if (existsSync(`/proc/${pid}`)) throw error;
  }
}
