import { readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { isProcessAlive, jsonSetting, startEmbeddedPostgres } from '@gatehouse/platform';
import { z } from 'zod';
import { type LocalState, openLocalState, writePrivateFile } from './local-state.js';

/** A Postgres server that accepts connections. */
export interface LocalPostgres {
  readonly url: string;
  /** Whether this is the embedded server. Commands migrate its schemas before they use it. */
  readonly embedded: boolean;
  readonly stop: () => Promise<void>;
}

const runningServer = jsonSetting('must be JSON').pipe(z.object({ url: z.url(), pid: z.int() }));

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

/**
 * Returns the address of the running server. `undefined` if none runs, for example because it was killed with its
 * container, which may leave a damaged file.
 */
async function runningUrl(file: string): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  const { url, pid } = runningServer.safeParse(text).data ?? {};
  if (url === undefined || pid === undefined) return undefined;
  return isProcessAlive(pid) && (await isListening(new URL(url))) ? url : undefined;
}

/**
 * Returns whether a server listens at an address. A living process id is no proof, because another process may have it.
 */
const isListening = ({ hostname, port }: URL): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    socket.once('connect', () => socket.destroy());
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED'));
    socket.once('close', (hasFailed) => hasFailed || resolve(true));
  });
