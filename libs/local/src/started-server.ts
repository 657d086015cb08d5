import { setTimeout } from 'node:timers/promises';
import { isProcessAlive } from '@gatehouse/platform';
import { z } from 'zod';

/**
 * Schema of the file about a server that `npm start` has started. `pid` is the process of the server, `startedBy` the
 * process that started it and stops it.
 */
export const startedServer = z.object({
  pid: z.int(),
  startedBy: z.int().optional(),
});

/**
 * Returns whether the process that would stop a server was killed. Files of earlier versions lack `startedBy`; for
 * them, returns false.
 */
export const isLeftBehind = ({ startedBy }: z.output<typeof startedServer>): boolean =>
  startedBy !== undefined && !isProcessAlive(startedBy);

/** Milliseconds for which `endProcess` waits at most, and between two checks. */
const END_MS = 30_000;
const LOOK_MS = 20;

/**
 * Ends a process that is no child of this one. Resolves when it has ended, or after 30 seconds. Does nothing if the
 * process id belongs to a process of another account by now.
 */
export async function endProcess(pid: number, signal: NodeJS.Signals): Promise<void> {
  const deadline = Date.now() + END_MS;
  try {
    process.kill(pid, signal);
  } catch {
    return;
  }
  while (isProcessAlive(pid) && Date.now() < deadline) await setTimeout(LOOK_MS);
}
