import { readFileSync } from 'node:fs';

/** Memory of a process in bytes. */
export interface MemoryUse {
  /** Resident memory, including pages that other processes share. */
  readonly rss: number;
  /** Resident memory, with shared pages divided by the number of processes that share them. */
  readonly pss: number;
  /** Largest resident memory since the start of the process. */
  readonly peak: number;
}

/** Returns the memory of a process, from `/proc`. */
export function memoryOf(pid: number): MemoryUse {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return { rss: bytesOf(rollup, 'Rss'), pss: bytesOf(rollup, 'Pss'), peak: bytesOf(status, 'VmHWM') };
}

/** Returns the value of a field such as `Rss:      1234 kB`. */
function bytesOf(text: string, field: string): number {
  const [, kilobytes] = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(text) ?? [];
  if (kilobytes === undefined) throw new Error(`${field} is missing in /proc`);
  return Number(kilobytes) * 1024;
}
