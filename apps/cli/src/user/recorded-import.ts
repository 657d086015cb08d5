import type { UserCommandContext } from './user-subcommand.js';

interface ImportCount {
  readonly name: string;
  readonly count: number;
}

/**
 * Runs an import, and writes one event with the numbers of imported objects. An import commits in batches, so an import
 * that fails after its first batch writes an event too. An import that adds nothing writes no event.
 */
export async function recordedImport<R>(
  { source, events }: UserCommandContext,
  counted: () => readonly ImportCount[],
  run: () => Promise<R>,
): Promise<R> {
  try {
    return await run();
  } finally {
    const counts = counted().filter(({ count }) => count > 0);
    if (counts.length > 0) await events.record(source, { action: 'command_run', context: { counts } });
  }
}
