import { readdir, readFile, readlink } from 'node:fs/promises';

/** A process that listens on a port. */
export interface ListeningProcess {
  readonly pid: number;
  /** The first 200 characters of its command line. */
  readonly command: string;
}

/** The state of a listening socket in /proc/net/tcp. */
const LISTEN = '0A';

/**
 * Returns the process that listens on a TCP port of this machine. Returns undefined if there is none, if it belongs to
 * another account, or if this machine has no /proc.
 */
export async function listeningProcess(port: number): Promise<ListeningProcess | undefined> {
  const sockets = await listeningSockets(port);
  if (sockets.size === 0) return undefined;
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const owners = await Promise.all(pids.map(async (pid) => ((await hasSocket(pid, sockets)) ? [pid] : [])));
  const [pid] = owners.flat();
  if (pid === undefined) return undefined;
  const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ').trim();
  return { pid: Number(pid), command: command.slice(0, 200) };
}

/** Returns the sockets that listen on a port, in the form that the links in /proc/PID/fd have. */
async function listeningSockets(port: number): Promise<ReadonlySet<string>> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const tables = ['/proc/net/tcp', '/proc/net/tcp6'].map((file) => readFile(file, 'utf8').catch(() => ''));
  const rows = (await Promise.all(tables)).flatMap((table) => table.split('\n').map((row) => row.trim().split(/\s+/)));
  const listening = rows.filter(([, local, , state]) => state === LISTEN && local?.endsWith(suffix));
  return new Set(listening.map((row) => `socket:[${row[9]}]`));
}

async function hasSocket(pid: string, sockets: ReadonlySet<string>): Promise<boolean> {
  const files = await readdir(`/proc/${pid}/fd`).catch(() => []);
  const links = files.map((file) => readlink(`/proc/${pid}/fd/${file}`).catch(() => ''));
  return (await Promise.all(links)).some((link) => sockets.has(link));
}
