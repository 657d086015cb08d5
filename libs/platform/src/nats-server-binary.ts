import { execFile } from 'node:child_process';
import { access, constants, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Folders with system programs that may be missing in an ordinary user's PATH. */
const SYSTEM_FOLDERS = ['/usr/local/bin', '/usr/sbin', '/usr/local/sbin'];

/**
 * Returns the path of a `nats-server` program: the one in the variable `NATS_SERVER`, else an installed one, else the
 * one of Debian's package, which it downloads and unpacks into the user's cache. With `download: false`, it only uses a
 * package that is in the cache already. Returns undefined if there is none.
 */
export async function findNatsServer(
  env: NodeJS.ProcessEnv = process.env,
  { download = true } = {},
): Promise<string | undefined> {
  if (env['NATS_SERVER']) return env['NATS_SERVER'];
  const folders = [...(env['PATH'] ?? '').split(':').filter((folder) => folder !== ''), ...SYSTEM_FOLDERS];
  for (const folder of folders) {
    const program = join(folder, 'nats-server');
    if (await isExecutable(program)) return program;
  }
  return findCached(join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'gatehouse'), download);
}

const isExecutable = (path: string) =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );

async function findCached(cache: string, download: boolean): Promise<string | undefined> {
  const home = join(cache, 'nats-server');
  const program = join(home, 'usr', 'sbin', 'nats-server');
  if (await isExecutable(program)) return program;
  if (download) await fetchPackage(cache, home).catch(() => undefined);
  return (await isExecutable(program)) ? program : undefined;
}

async function fetchPackage(cache: string, home: string): Promise<void> {
  await mkdir(cache, { recursive: true });
  const partial = await mkdtemp(join(cache, 'nats-server-'));
  try {
    await run('apt-get', ['download', 'nats-server'], { cwd: partial });
    const file = (await readdir(partial)).find((name) => name.endsWith('.deb'));
    if (!file) return;
    await run('dpkg', ['-x', join(partial, file), join(partial, 'unpacked')]);
    await rename(join(partial, 'unpacked'), home);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}
