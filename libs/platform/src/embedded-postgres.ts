import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { access, chown, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { makeReachable, postgresAccount, type ServerAccount } from './embedded-postgres-account.js';
import { findFreePort } from './free-port.js';
import { isProcessAlive } from './process-alive.js';

const run = promisify(execFile);

/** Options of an embedded Postgres. */
export interface EmbeddedPostgresOptions {
  /** Folder of the database cluster. The first start creates it, later starts reuse it. */
  readonly dataDir: string;
  /** Port of the server. Undefined: a free port. */
  readonly port?: number;
  /** Password of the superuser `postgres`. The first start of a `dataDir` sets it; later starts must pass the same. */
  readonly password: string;
  /** Server settings as in `postgresql.conf`, such as `fsync=off`. */
  readonly settings?: readonly string[];
}

/** An embedded Postgres that accepts connections on the loopback interface. */
export interface RunningPostgres {
  readonly url: string;
  readonly pid: number;
  /** Folder of the database cluster: `dataDir`, or another folder if the server's account cannot enter `dataDir`. */
  readonly dataDir: string;
  readonly stop: () => Promise<void>;
}

/**
 * Starts the Postgres from the installed npm packages. Resolves when it accepts connections. If it does not start,
 * throws an error with the last lines of its output.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<RunningPostgres> {
  const account = await postgresAccount();
  const { bin, dataDir } = await makeReachable(resolve(options.dataDir), account);
  await removeInterrupted(dataDir);
  if (!(await exists(join(dataDir, 'PG_VERSION'))))
    await initialise({ bin, dataDir, account, password: options.password });
  const port = options.port ?? (await findFreePort());
  const settings = [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    ...(options.settings ?? []),
  ];
  const server = spawn(join(bin, 'postgres'), ['-D', dataDir, ...settings.flatMap((setting) => ['-c', setting])], {
    ...account,
    stdio: ['ignore', 'ignore', 'pipe'],
    // The server gets its own process group, so that a Ctrl-C in the terminal does not reach it: this process stops it.
    detached: true,
  });
  const stop = stopFunctionOf(server);
  await waitUntilReady(server);
  return { url: url(port, options.password), pid: server.pid as number, dataDir, stop };
}

const url = (port: number, password: string) =>
  `postgres://postgres:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`;

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

interface Cluster {
  readonly bin: string;
  readonly dataDir: string;
  readonly account: ServerAccount;
  readonly password: string;
}

/**
 * Creates the database cluster in a temporary folder, which is renamed to `dataDir` when it is complete. A process that
 * is killed in between therefore leaves no incomplete cluster in `dataDir`.
 */
async function initialise({ bin, dataDir, account, password }: Cluster): Promise<void> {
  const newDir = `${dataDir}${NEW}${process.pid}`;
  const passwordFile = `${newDir}.password`;
  await mkdir(newDir, { recursive: true, mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (account) {
    for (const path of [newDir, passwordFile]) await chown(path, account.uid, account.gid);
  }
  // Unlike locale C, the built-in locale converts upper and lower case of all Unicode letters, on every operating
  // system.
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const access = ['--username=postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  try {
    await run(join(bin, 'initdb'), [`--pgdata=${newDir}`, ...access, ...locale], account);
    await rename(newDir, dataDir);
  } finally {
    await rm(passwordFile, { force: true });
  }
}

/** Separates `dataDir` from the process id in the names of temporary folders and files. */
const NEW = '.new.';

/** Removes the temporary files of processes that were killed while they created this cluster. */
async function removeInterrupted(dataDir: string): Promise<void> {
  const prefix = `${basename(dataDir)}${NEW}`;
  const names = (await readdir(dirname(dataDir))).filter((name) => name.startsWith(prefix));
  for (const name of names) {
    const pid = Number.parseInt(name.slice(prefix.length), 10);
    if (pid !== process.pid && isProcessAlive(pid)) continue;
    // Fails if the `initdb` of a killed process is still writing files. The next start tries again.
    await rm(join(dirname(dataDir), name), { recursive: true, force: true }).catch(() => undefined);
  }
}

const READY = 'database system is ready to accept connections';

function waitUntilReady(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = '';
    server.stderr?.on('data', (chunk: Buffer) => {
      output = (output + chunk).slice(-4096);
      if (output.includes(READY)) resolve();
    });
    server.once('error', reject);
    server.once('exit', () => reject(new Error(`the embedded Postgres did not start:\n${output}`)));
  });
}

/**
 * Returns the function that stops the server. SIGINT is Postgres's fast shutdown: it ends all sessions and writes
 * committed data.
 */
function stopFunctionOf(server: ChildProcess): () => Promise<void> {
  const exited = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  const killAtExit = () => server.kill('SIGINT');
  process.once('exit', killAtExit);
  return async () => {
    process.off('exit', killAtExit);
    server.kill('SIGINT');
    await exited;
  };
}
