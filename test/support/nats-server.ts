import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { killWhenParentDies } from './watchdog.js';

/** Lets the server take a free port, which no other process can take before it. */
const ANY_PORT = -1;

/** A running nats-server. */
export interface RunningNats {
  readonly url: string;
  /** Address of the monitoring port. */
  readonly monitoringUrl: string;
  readonly pid: number;
  /** Resolves when the output of the server, from its start, matches `pattern`. */
  readonly says: (pattern: RegExp) => Promise<void>;
  /** Gives the server another configuration. Resolves when the server uses it. */
  readonly reload: (config: string) => Promise<void>;
  /** Stops the process by SIGSTOP, which closes no connection. Resolves when none of its threads runs. */
  readonly hang: () => Promise<void>;
  /** Resumes the process after `hang`. */
  readonly resume: () => void;
  /** Ends the server, by SIGKILL by default. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<void>;
}

export interface NatsServerOptions {
  /** Additional lines of the server's configuration file. */
  readonly config?: string;
  /** Further files by name, beside the configuration file, which may include them. */
  readonly files?: Readonly<Record<string, string>>;
  /** Environment variables to which the configuration refers. */
  readonly env?: Readonly<Record<string, string>>;
  /** The port. By default, a free port. */
  readonly port?: number;
  /**
   * Folder for the configuration file and the data of JetStream. A folder given here is not removed when the server is
   * stopped. By default, a new folder is created, and removed at the stop.
   */
  readonly folder?: string;
}

/** Starts the nats-server `program` on the loopback interface; resolves once it accepts connections. */
export async function startNatsServer(program: string, options: NatsServerOptions = {}): Promise<RunningNats> {
  const { env = {}, port = ANY_PORT } = options;
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'gatehouse-nats-')));
  const removed = options.folder ? [] : [folder];
  await writeConfiguration(folder, options);
  const flags = ['-c', join(folder, 'server.conf'), '-a', '127.0.0.1', '-p', `${port}`, '-m', `${ANY_PORT}`];
  const server = spawn(program, flags, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, ...env } });
  const cancelWatchdog = killWhenParentDies(server.pid ?? 0, { remove: folder });
  const stop = async (signal: NodeJS.Signals = 'SIGKILL') => {
    await end(server, signal);
    cancelWatchdog();
    for (const path of removed) await rm(path, { recursive: true, force: true });
  };
  const { says, portAfter } = outputOf(server);
  await says(/Server is ready/).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return {
    url: `nats://127.0.0.1:${portAfter('Listening for client connections on')}`,
    monitoringUrl: `http://127.0.0.1:${portAfter('Starting http monitor on')}`,
    pid: server.pid as number,
    says,
    hang: () => hang(server.pid as number),
    resume: () => void server.kill('SIGCONT'),
    stop,
    reload: reloaderOf(server, { path: join(folder, 'server.conf'), says }),
  };
}

async function hang(pid: number) {
  process.kill(pid, 'SIGSTOP');
  const isStopped = async (thread: string) =>
    / T /.test((await readFile(`/proc/${pid}/task/${thread}/stat`, 'utf8')).replace(/^.*\)/, ''));
  for (;;) {
    const stopped = await Promise.all((await readdir(`/proc/${pid}/task`)).map(isStopped));
    if (stopped.every(Boolean)) return;
  }
}

async function end(server: ChildProcess, signal: NodeJS.Signals) {
  if (server.exitCode !== null || server.signalCode !== null) return;
  server.kill(signal);
  await once(server, 'exit');
}

async function writeConfiguration(folder: string, { config = '', files = {} }: NatsServerOptions) {
  // deploy/nats stores JetStream in `/data`, the volume of a container. This server stores it in its own folder.
  const storage = `store_dir: ${JSON.stringify(folder)}`;
  // The file `stages/users.conf` must exist, because deploy/nats/nats.conf includes it. An operator names the users of
  // external stages there.
  for (const [name, text] of Object.entries({ 'server.conf': config, 'stages/users.conf': '', ...files })) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text.replace('store_dir: "/data"', storage));
  }
}

/** Returns the function that gives a server another configuration; it resolves once the server uses it. */
function reloaderOf(
  server: ChildProcess,
  { path, says }: { readonly path: string; readonly says: RunningNats['says'] },
): RunningNats['reload'] {
  let reloads = 0;
  return async (text) => {
    await writeFile(path, text);
    server.kill('SIGHUP');
    await says(new RegExp(`(Reloaded server configuration[^]*){${++reloads}}`));
  };
}

/** What the server has written on standard error. */
interface ServerOutput {
  /** Waits until the output matches a pattern. Rejects when the server ends. */
  readonly says: RunningNats['says'];
  /** Returns the port of the address after a text. */
  readonly portAfter: (text: string) => string;
}

function outputOf(server: ChildProcess): ServerOutput {
  let output = '';
  server.stderr?.on('data', (chunk: Buffer) => {
    output += String(chunk);
    server.emit('output');
  });
  const portAfter = (text: string) => new RegExp(`${text} \\S+:(\\d+)`).exec(output)?.[1] ?? '';
  const says: RunningNats['says'] = (pattern) =>
    new Promise((resolve, reject) => {
      const check = () => {
        if (!pattern.test(output)) return;
        server.off('output', check);
        resolve();
      };
      server.on('output', check);
      server.once('error', reject);
      server.once('exit', () => reject(new Error(`nats-server has ended:\n${output.slice(-4096)}`)));
      check();
    });
  return { says, portAfter };
}
