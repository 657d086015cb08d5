import { readFile } from 'node:fs/promises';

/** Returns the ids of all descendants of a process: its child processes, their child processes, and so on. */
export async function descendantsOf(pid: number): Promise<readonly number[]> {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).split(' ').filter(Boolean).map(Number);
  return [...children, ...(await Promise.all(children.map(descendantsOf))).flat()];
}
