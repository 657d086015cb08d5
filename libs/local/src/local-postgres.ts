import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '@gatehouse/platform';
import { z } from 'zod';
import { type LocalState, writePrivateFile } from './local-state.js';

/** A Postgres to work with. */
export interface LocalPostgres {
  readonly url: string;
  /** Whether it is this folder's own, whose schema these commands keep up to date. */
  readonly embedded: boolean;
  readonly stop: () => Promise<void>;
}

const running = z.object({ url: z.string(), pid: z.int() });

/** The Postgres of DATABASE_URL; else the embedded one: that of a running Gatehouse, or started for as long as this process needs it. */
export async function openPostgres(
  openState: () => Promise<LocalState>,
  env: NodeJS.ProcessEnv = process.env,
): Promise<LocalPostgres> {
  if (env['DATABASE_URL']) return { url: env['DATABASE_URL'], embedded: false, stop: async () => undefined };
  const state = await openState();
  const note = join(state.folder, 'postgres.json');
  const url = await runningUrl(note);
  if (url) return { url, embedded: true, stop: async () => undefined };
  const postgres = await startEmbeddedPostgres({
    dataDir: join(state.folder, 'postgres'),
    password: state.databasePassword,
  });
  await writePrivateFile(note, { url: postgres.url, pid: postgres.pid });
  return {
    url: postgres.url,
    embedded: true,
    stop: async () => {
      await rm(note, { force: true });
      await postgres.stop();
    },
  };
}

async function runningUrl(note: string): Promise<string | undefined> {
  const text = await readFile(note, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const { url, pid } = running.parse(JSON.parse(text));
  return isAlive(pid) ? url : undefined;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
