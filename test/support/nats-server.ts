import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort } from '../../libs/platform/src/free-port.js';
import { killWhenParentDies } from './watchdog.js';

/** A running nats-server. */
export interface RunningNats {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

export interface NatsServerOptions {
  /** Additional lines of the server's configuration file. */
  readonly config?: string;
  /** Environment variables to which the configuration refers. */
  readonly env?: Readonly<Record<string, string>>;
  /** The port. By default, a free port. */
  readonly port?: number;
}

/** Starts the nats-server `program` on the loopback interface; resolves once it accepts connections. */
export async function startNatsServer(program: string, { config = '', env = {}, port }: NatsServerOptions = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-nats-'));
  const file = join(folder, 'nats.conf');
  await writeFile(file, config);
  const usedPort = port ?? (await findFreePort());
  const server = spawn(program, ['-c', file, '-a', '127.0.0.1', '-p', String(usedPort)], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...env },
  });
  const cancelWatchdog = killWhenParentDies(server.pid ?? 0, { remove: folder });
  const stop = async () => {
    if (server.exitCode === null && server.signalCode === null) {
      server.kill('SIGKILL');
      await once(server, 'exit');
    }
    cancelWatchdog();
    await rm(folder, { recursive: true, force: true });
  };
  await ready(server).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { url: `nats://127.0.0.1:${usedPort}`, pid: server.pid as number, stop };
}

function ready(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = '';
    server.stderr?.on('data', (chunk: Buffer) => {
      output = (output + chunk).slice(-4096);
      if (output.includes('Server is ready')) resolve();
    });
    server.once('error', reject);
    server.once('exit', () => reject(new Error(`nats-server did not start:\n${output}`)));
  });
}
