import { readFileSync } from 'node:fs';

const PAGE = 4096;

/** Bytes of memory that a process really holds; undefined where the system does not tell. */
export function residentBytes(pid: number): number | undefined {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE;
  } catch {
    return undefined;
  }
}
