import { readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { isProcessAlive, jsonSetting, startEmbeddedPostgres } from '@gatehouse/platform';
import { z } from 'zod';
import { type LocalState, openLocalState, writePrivateFile } from './local-state.js';
import { endProcess, isLeftBehind, startedServer } from './started-server.js';

/** A Postgres server that accepts connections. */
export interface LocalPostgres {
  readonly url: string;
  /** Whether this is the embedded server. Commands migrate its schemas before they use it. */
  readonly embedded: boolean;
  readonly stop: () => Promise<void>;
}

const runningServer = jsonSetting('must be JSON').pipe(startedServer.extend({ url: z.url() }));

/** Options of `openPostgres`. */
interface OpenOptions {
  readonly state?: LocalState;
  /**
   * Whether `stop` also stops a server of a killed process. False for commands, because other processes may use that
   * server at the same time.
   */
  readonly takesOver?: boolean;
}

/**
 * Opens the Postgres server of DATABASE_URL, otherwise the embedded server. Uses the embedded server of a running or
 * killed process if there is one, else starts an embedded server, which `stop` stops.
 */
export async function openPostgres(
  env: NodeJS.ProcessEnv,
  { state: given, takesOver = false }: OpenOptions = {},
): Promise<LocalPostgres> {
  if (env['DATABASE_URL']) return { url: env['DATABASE_URL'], embedded: false, stop: async () => undefined };
  const state = given ?? (await openLocalState(env));
  const runningFile = join(state.folder, 'postgres.json');
  const running = await runningServerOf(runningFile);
  if (running && !(takesOver && isLeftBehind(running)))
    return { url: running.url, embedded: true, stop: async () => undefined };
  const postgres = running
    ? { ...running, stop: () => endProcess(running.pid, 'SIGINT') }
    : await startEmbeddedPostgres({ dataDir: join(state.folder, 'postgres'), password: state.databasePassword });
  const { url, pid } = postgres;
  await writePrivateFile(runningFile, { url, pid, startedBy: process.pid });
  return {
    url,
    embedded: true,
    stop: async () => {
      await rm(runningFile, { force: true });
      await postgres.stop();
    },
  };
}

/**
 * Returns the running server. `undefined` if none runs, for example because it was killed with its
 * container, which may leave a damaged file.
 */
async function runningServerOf(file: string) {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  const server = runningServer.safeParse(text).data;
  return server && isProcessAlive(server.pid) && (await isListening(new URL(server.url))) ? server : undefined;
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
