import { setTimeout } from 'node:timers/promises';
import { isProcessAlive } from '@gatehouse/platform';
import { z } from 'zod';

/** A server of `npm start`, as its file names it. `startedBy` is the process that stops it. */
export const startedServer = z.object({
  pid: z.int(),
  startedBy: z.int().optional(),
});

/** Returns whether the process that would stop a server was killed. Files of earlier versions do not name it. */
export const isLeftBehind = ({ startedBy }: z.output<typeof startedServer>): boolean =>
  startedBy !== undefined && !isProcessAlive(startedBy);

/** Milliseconds in which a server ends, and between two looks at it. */
const END_MS = 30_000;
const LOOK_MS = 20;

/**
 * Ends a process that is no child of this one. Resolves when it has ended, or after 30 seconds. Does nothing if the process
 * id is that of another account by now.
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
