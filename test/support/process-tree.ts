import { readFile } from 'node:fs/promises';
import { isProcessAlive, listenOnce } from '@gatehouse/platform';
import type { RunningProcess } from './processes.js';

/** Returns the ids of all descendants of a process: its child processes, their child processes, and so on. */
export async function descendantsOf(pid: number): Promise<readonly number[]> {
  // A process may end while its siblings are read.
  const list = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const children = list.split(' ').filter(Boolean).map(Number);
  return [...children, ...(await Promise.all(children.map(descendantsOf))).flat()];
}

/**
 * Sends SIGTERM to a process, as a service manager does. Returns the processes that it has left behind. Throws if its port
 * is still taken.
 */
export async function leftBySigterm(
  running: RunningProcess,
  port: number,
  host = '127.0.0.1',
): Promise<readonly number[]> {
  const started = await descendantsOf(running.pid);
  await running.stop('SIGTERM');
  await listenOnce(port, host);
  return started.filter(isProcessAlive);
}
