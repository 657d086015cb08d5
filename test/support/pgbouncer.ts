import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { postgresAccount } from '../../libs/platform/src/embedded-postgres-account.js';
import { isInstalled } from '../deploy/installed.js';
import { freePort } from './free-port.js';
import { killWhenParentDies } from './watchdog.js';

/** The program. Debian installs it outside of the PATH of ordinary accounts. */
const PROGRAM = ['pgbouncer', '/usr/sbin/pgbouncer'].find(isInstalled);

/** Whether PgBouncer is installed. */
export const hasPgbouncer = PROGRAM !== undefined;

/** How a PgBouncer of a test differs from deploy/postgres/pgbouncer.ini. */
interface PgbouncerOptions {
  /** URL of the database without PgBouncer. */
  readonly database: string;
  /** Number of connections to Postgres for each role. */
  readonly poolSize: number;
  /** Other settings of PgBouncer. */
  readonly settings?: Readonly<Record<string, string | number>>;
  /**
   * Password of the role `pgbouncer`, which looks up the passwords of the services' roles. Without it, all clients get
   * the connections of the user in `database`, without a password.
   */
  readonly password?: string;
}

/** A running PgBouncer. */
export interface RunningPgbouncer {
  readonly pid: number;
  /** URL of the database through PgBouncer, with the user of `database`. */
  readonly url: string;
  readonly output: () => string;
  readonly stop: () => Promise<void>;
}

/** Starts PgBouncer with deploy/postgres/pgbouncer.ini. Resolves when it accepts connections. */
export async function startPgbouncer(options: PgbouncerOptions): Promise<RunningPgbouncer> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-pgbouncer-'));
  const account = await postgresAccount();
  const users = join(folder, 'userlist.txt');
  await writeFile(users, `"pgbouncer" "${options.password ?? ''}"\n`);
  const file = join(folder, 'pgbouncer.ini');
  await writeFile(file, await configOf(options, { port, users }));
  await chmod(folder, 0o700);
  if (account) for (const path of [folder, users, file]) await chown(path, account.uid, account.gid);
  const child = spawn(PROGRAM ?? 'pgbouncer', [file], { ...account, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  const cancelWatchdog = killWhenParentDies(child.pid ?? 0, { remove: folder });
  const output = await started(child);
  const url = new URL(options.database);
  url.host = `127.0.0.1:${port}`;
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    cancelWatchdog();
    await rm(folder, { recursive: true, force: true });
  };
  return { pid: child.pid ?? 0, url: url.href, output, stop };
}

/**
 * Number of connections of PgBouncer to Postgres. It is so small that the services, which share them, must take turns.
 */
const SHARED_POOL = 3;

/**
 * Starts a PgBouncer for the services of a deployment, if it is installed and `wanted`. With TEST_PGBOUNCER set, every
 * deployment wants one. Otherwise returns `undefined`.
 */
export async function startPgbouncerIf(
  wanted: boolean | undefined,
  database: string,
): Promise<RunningPgbouncer | undefined> {
  const isUsed = hasPgbouncer && (wanted || Boolean(process.env['TEST_PGBOUNCER']));
  return isUsed ? startPgbouncer({ database, poolSize: SHARED_POOL }) : undefined;
}

function started(child: ChildProcess): Promise<() => string> {
  return new Promise((resolve, reject) => {
    let output = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      output += String(chunk);
      if (output.includes('process up')) resolve(() => output);
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`PgBouncer has ended:\n${output}`)));
  });
}

async function configOf(options: PgbouncerOptions, { port, users }: { port: number; users: string }): Promise<string> {
  const { hostname, port: postgresPort, pathname, username, password } = new URL(options.database);
  const name = pathname.slice(1);
  const address = `${name} = host=${hostname} port=${postgresPort || 5432} dbname=${name}`;
  const login = ` user=${username}${password ? ` password='${decodeURIComponent(password)}'` : ''}`;
  const settings = {
    ...{ listen_addr: '127.0.0.1', listen_port: port, auth_file: users, default_pool_size: options.poolSize },
    ...(options.password === undefined ? { auth_type: 'any' } : {}),
    ...options.settings,
  };
  let text = await readFile('deploy/postgres/pgbouncer.ini', 'utf8');
  text = text.replace(/^gatehouse = .*$/m, address + (options.password === undefined ? login : ' auth_user=pgbouncer'));
  for (const [setting, value] of Object.entries(settings)) {
    const line = new RegExp(`^${setting} = .*$`, 'm');
    text = line.test(text) ? text.replace(line, `${setting} = ${value}`) : `${text}${setting} = ${value}\n`;
  }
  return text;
}
