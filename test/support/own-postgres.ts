import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../libs/platform/src/embedded-postgres.js';
import { killWhenParentDies } from './watchdog.js';

const FORGETFUL = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'max_connections=200'];

interface Options {
  /** Of the superuser. */
  readonly password: string;
  /** Server settings; those of a server that may forget when there are none. */
  readonly settings?: readonly string[];
}

/** A Postgres of a run's or a suite's own, gone without a trace when it is stopped. */
export async function startOwnPostgres({ password, settings = FORGETFUL }: Options) {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-test-'));
  // The server may run as another account; the cluster itself is closed to all but that one.
  await chmod(folder, 0o755);
  const server = await startEmbeddedPostgres({ dataDir: join(folder, 'data'), password, settings });
  const callOff = killWhenParentDies(server.pid, { remove: folder });
  const stop = async () => {
    await server.stop();
    callOff();
    for (const path of [folder, server.dataDir]) await rm(path, { recursive: true, force: true });
  };
  return { url: server.url, pid: server.pid, stop };
}
