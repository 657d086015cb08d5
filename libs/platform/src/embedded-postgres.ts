import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { access, chown, mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { type Account, makeReachable, postgresAccount } from './embedded-postgres-account.js';
import { freePort } from './free-port.js';

const run = promisify(execFile);

/** What an embedded Postgres needs to know. */
export interface EmbeddedPostgres {
  /** Where the cluster is kept; made on the first start, found again on the next. */
  readonly dataDir: string;
  /** A free port is taken when there is none. */
  readonly port?: number;
  /** Of the superuser `postgres`; fixed by the first start of a `dataDir`. */
  readonly password: string;
  /** Server settings as in `postgresql.conf`, such as `fsync=off`. */
  readonly settings?: readonly string[];
}

/** An embedded Postgres that accepts connections on the loopback interface. */
export interface RunningPostgres {
  readonly url: string;
  readonly pid: number;
  /** Where the cluster really is: `dataDir`, unless the server's account could not get there. */
  readonly dataDir: string;
  readonly stop: () => Promise<void>;
}

/**
 * Starts the Postgres that comes with the installed packages, for those who have none. Resolves once it accepts
 * connections; throws with the server's own last words when it does not start.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgres): Promise<RunningPostgres> {
  const account = await postgresAccount();
  const { bin, dataDir } = await makeReachable(resolve(options.dataDir), account);
  if (!(await exists(join(dataDir, 'PG_VERSION'))))
    await initialise({ bin, dataDir, account, password: options.password });
  const port = options.port ?? (await freePort());
  const settings = [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    ...(options.settings ?? []),
  ];
  const server = spawn(join(bin, 'postgres'), ['-D', dataDir, ...settings.flatMap((setting) => ['-c', setting])], {
    ...account,
    stdio: ['ignore', 'ignore', 'pipe'],
    // A Ctrl-C in the terminal is for the process that started this one, which stops it in order.
    detached: true,
  });
  const stop = stopper(server);
  await ready(server);
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
  readonly account: Account;
  readonly password: string;
}

async function initialise({ bin, dataDir, account, password }: Cluster): Promise<void> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const passwordFile = `${dataDir}.password`;
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (account) {
    for (const path of [dataDir, passwordFile]) await chown(path, account.uid, account.gid);
  }
  // Postgres's own locale knows Unicode's upper and lower case on every system.
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const access = ['--username=postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  try {
    await run(join(bin, 'initdb'), [`--pgdata=${dataDir}`, ...access, ...locale], account);
  } finally {
    await rm(passwordFile, { force: true });
  }
}

const READY = 'database system is ready to accept connections';

function ready(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    server.stderr?.on('data', (chunk: Buffer) => {
      said = (said + chunk).slice(-4096);
      if (said.includes(READY)) resolve();
    });
    server.once('error', reject);
    server.once('exit', () => reject(new Error(`the embedded Postgres did not start:\n${said}`)));
  });
}

/** SIGINT is Postgres's fast shutdown: sessions are cut off, what is committed is written. */
function stopper(server: ChildProcess): () => Promise<void> {
  const gone = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  const abandon = () => server.kill('SIGINT');
  process.once('exit', abandon);
  return async () => {
    process.off('exit', abandon);
    server.kill('SIGINT');
    await gone;
  };
}
