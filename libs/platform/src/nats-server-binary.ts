import { execFile } from 'node:child_process';
import { access, constants, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Distributions put servers where an ordinary user's PATH does not look. */
const SYSTEM_FOLDERS = ['/usr/local/bin', '/usr/sbin', '/usr/local/sbin'];

/**
 * The path of a `nats-server`: `NATS_SERVER`, else one that is installed, else Debian's package unpacked into the
 * user's cache; undefined where none can be had. Without `download` the cache is looked at and left as it is.
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
  return unpacked(join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'gatehouse'), download);
}

const isExecutable = (path: string) =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );

async function unpacked(cache: string, download: boolean): Promise<string | undefined> {
  const home = join(cache, 'nats-server');
  const program = join(home, 'usr', 'sbin', 'nats-server');
  if (await isExecutable(program)) return program;
  if (download) await fetchPackage(cache, home).catch(() => undefined);
  return (await isExecutable(program)) ? program : undefined;
}

async function fetchPackage(cache: string, home: string): Promise<void> {
  await mkdir(cache, { recursive: true });
  const half = await mkdtemp(join(cache, 'nats-server-'));
  try {
    await run('apt-get', ['download', 'nats-server'], { cwd: half });
    const file = (await readdir(half)).find((name) => name.endsWith('.deb'));
    if (!file) return;
    await run('dpkg', ['-x', join(half, file), join(half, 'unpacked')]);
    await rename(join(half, 'unpacked'), home);
  } finally {
    await rm(half, { recursive: true, force: true });
  }
}
