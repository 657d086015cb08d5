import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
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
/** Number of bytes that must be free in `MEMORY`. The databases of four workers take less than a quarter of it. */
const MEMORY_BYTES = 2 ** 31;

interface Options {
  /** Password of the superuser. */
  readonly password: string;
  /** Server settings. By default, `FAST`. */
  readonly settings?: readonly string[];
  /** Whether to store the files on disk even if there is room in memory. */
  readonly onDisk?: boolean;
  /** Data directory of a stopped server with the same password, of which the server gets a copy. */
  readonly copyOf?: string;
}

/** Starts a Postgres server whose files are deleted when it is stopped. */
export async function startOwnPostgres({ password, settings = FAST, onDisk = false, copyOf }: Options) {
  const base = onDisk ? tmpdir() : await baseFolder();
  const folder = await mkdtemp(join(base, 'gatehouse-test-'));
  // The server may run as another account, which must reach its data directory in this folder. Only that account can
  // read the directory.
  await chmod(folder, 0o755);
  const dataDir = join(folder, 'data');
  if (copyOf) await copyData(copyOf, dataDir);
  const server = await startEmbeddedPostgres({ dataDir, password, settings });
  const cancelWatchdog = killWhenParentDies(server.pid, { remove: folder });
  const rehash = `ALTER ROLE postgres PASSWORD ${pg.escapeLiteral(password)}`;
  // Hashes the password again, because initdb does not have these settings.
  if (!copyOf) await onServer(server.url, (client) => client.query(rehash));
  /** Stops the server and deletes its files, after copying its data directory to `keep`. */
  const stop = async ({ keep }: { readonly keep?: string } = {}) => {
    await server.stop();
    try {
      if (keep) await copyData(server.dataDir, keep);
    } finally {
      cancelWatchdog();
      for (const path of [folder, server.dataDir]) await rm(path, { recursive: true, force: true });
    }
  };
  return { url: server.url, pid: server.pid, stop };
}

/** Copies a data directory with its owner, as which the server runs. */
const copyData = (from: string, to: string) => promisify(execFile)('cp', ['-a', from, to]);

async function baseFolder(): Promise<string> {
  const { bavail, bsize } = await statfs(MEMORY).catch(() => ({ bavail: 0, bsize: 0 }));
  return bavail * bsize >= MEMORY_BYTES ? MEMORY : tmpdir();
}
