import { pino } from 'pino';

/** Bytes of lines that are collected before they are written, because a write of each line takes time of requests. */
export const BUFFER_BYTES = 15 * 1024;
/** Milliseconds after which collected lines are written even if they are few. */
export const FLUSH_MS = 200;
/** Bytes of lines that wait while the output is not read. Further lines are dropped. */
export const WAITING_BYTES = 8 * 1024 * 1024;

/** Takes whole lines, with their line breaks. */
export interface LogOutput {
  write(line: string): unknown;
}

/** Opens the output for lines at a file descriptor. It is flushed when the process ends. */
export const openLogOutput = (descriptor: number) =>
  pino.destination({
    ...{ dest: descriptor, sync: false },
    ...{ minLength: BUFFER_BYTES, periodicFlush: FLUSH_MS, maxLength: WAITING_BYTES },
  });
