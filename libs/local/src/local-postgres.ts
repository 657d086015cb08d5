import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isProcessAlive, startEmbeddedPostgres } from '@gatehouse/platform';
import { z } from 'zod';
import { type LocalState, openLocalState, writePrivateFile } from './local-state.js';

/** A Postgres server that accepts connections. */
export interface LocalPostgres {
  readonly url: string;
  /** Whether this is the embedded server. Commands migrate its schemas before they use it. */
  readonly embedded: boolean;
  readonly stop: () => Promise<void>;
}

const runningServer = z.object({ url: z.string(), pid: z.int() });

/**
 * Opens the Postgres server of DATABASE_URL, otherwise the embedded server. Uses the embedded server of a running
 * Gatehouse if there is one, else starts an embedded server, which `stop` stops.
 */
export async function openPostgres(
  env: NodeJS.ProcessEnv,
  openState: () => Promise<LocalState> = () => openLocalState(env),
): Promise<LocalPostgres> {
  if (env['DATABASE_URL']) return { url: env['DATABASE_URL'], embedded: false, stop: async () => undefined };
  const state = await openState();
  const runningFile = join(state.folder, 'postgres.json');
  const url = await runningUrl(runningFile);
  if (url) return { url, embedded: true, stop: async () => undefined };
  const postgres = await startEmbeddedPostgres({
    dataDir: join(state.folder, 'postgres'),
    password: state.databasePassword,
  });
  await writePrivateFile(runningFile, { url: postgres.url, pid: postgres.pid });
  return {
    url: postgres.url,
    embedded: true,
    stop: async () => {
      await rm(runningFile, { force: true });
      await postgres.stop();
    },
  };
}

async function runningUrl(file: string): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const { url, pid } = runningServer.parse(JSON.parse(text));
  return isProcessAlive(pid) ? url : undefined;
}
