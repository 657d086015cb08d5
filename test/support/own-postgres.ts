import { chmod, mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../libs/platform/src/embedded-postgres.js';
import { onServer } from './postgres-databases.js';
import { killWhenParentDies } from './watchdog.js';

/** Settings that make a server fast: a crash may lose data, and passwords are cheap to verify. */
const FAST = [
  'fsync=off',
  'synchronous_commit=off',
  'full_page_writes=off',
  'max_connections=200',
  'scram_iterations=1',
];

/** A file system in memory, in which creating and dropping a database takes a fraction of the time. */
const MEMORY = '/dev/shm';
/** Number of bytes that must be free in `MEMORY`. The databases of three workers take a sixth of it. */
const MEMORY_BYTES = 2 ** 31;

interface Options {
  /** Password of the superuser. */
  readonly password: string;
  /** Server settings. By default, `FAST`. */
  readonly settings?: readonly string[];
  /** Whether to store the files on disk even if there is room in memory. */
  readonly onDisk?: boolean;
}

/** Starts a Postgres server whose files are deleted when it is stopped. */
export async function startOwnPostgres({ password, settings = FAST, onDisk = false }: Options) {
  const base = onDisk ? tmpdir() : await baseFolder();
  const folder = await mkdtemp(join(base, 'gatehouse-test-'));
  // The server may run as another account, which must reach its data directory in this folder. Only that account can
  // read the directory.
  await chmod(folder, 0o755);
  const server = await startEmbeddedPostgres({ dataDir: join(folder, 'data'), password, settings });
  const cancelWatchdog = killWhenParentDies(server.pid, { remove: folder });
  // Hashes the password again, because initdb does not have these settings.
  await onServer(server.url, (client) => client.query(`ALTER ROLE postgres PASSWORD ${pg.escapeLiteral(password)}`));
  const stop = async () => {
    await server.stop();
    cancelWatchdog();
    for (const path of [folder, server.dataDir]) await rm(path, { recursive: true, force: true });
  };
  return { url: server.url, pid: server.pid, stop };
}

async function baseFolder(): Promise<string> {
  const { bavail, bsize } = await statfs(MEMORY).catch(() => ({ bavail: 0, bsize: 0 }));
  return bavail * bsize >= MEMORY_BYTES ? MEMORY : tmpdir();
}
