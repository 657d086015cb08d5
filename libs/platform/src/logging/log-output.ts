import { pino } from 'pino';

/** Bytes of lines that are collected before a write, because writing each line separately would delay requests. */
export const BUFFER_BYTES = 15 * 1024;
/** Milliseconds after which collected lines are written, even if they are few. */
export const FLUSH_MS = 200;
/** Largest number of bytes of lines that wait while nothing reads the output. Further lines are dropped. */
export const WAITING_BYTES = 8 * 1024 * 1024;

/** An output for log lines. A line includes its line break. */
export interface LogOutput {
  write(line: string): unknown;
}

/** Returns an output that writes lines to a file descriptor. Waiting lines are written when the process ends. */
export const openLogOutput = (descriptor: number) =>
  pino.destination({
    ...{ dest: descriptor, sync: false },
    ...{ minLength: BUFFER_BYTES, periodicFlush: FLUSH_MS, maxLength: WAITING_BYTES },
  });
