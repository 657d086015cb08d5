import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findNatsServer, freePort } from '@gatehouse/platform';
import type { LocalState } from './local-state.js';

/** A bus to work with. */
export interface OpenNats {
  readonly settings: { readonly NATS_URL: string; readonly NATS_USER?: string; readonly NATS_PASSWORD?: string };
  readonly stop: () => Promise<void>;
}

const USER = 'gatehouse';

/** The NATS of NATS_URL, else a `nats-server` of this process's own on the loopback interface. Throws when there is neither. */
export async function openNats(state: LocalState, env: NodeJS.ProcessEnv = process.env): Promise<OpenNats> {
  if (env['NATS_URL']) return { settings: { NATS_URL: env['NATS_URL'] }, stop: async () => undefined };
  const binary = await findNatsServer(env);
  if (!binary) throw new Error('there is no nats-server on this machine: install one, or set NATS_URL or NATS_SERVER');
  const port = await freePort();
  const config = join(state.folder, 'nats.conf');
  await writeFile(config, configOf(port, state.busPassword), { mode: 0o600 });
  // A Ctrl-C in the terminal is for this process, which lets its services drain first.
  const server = spawn(binary, ['--config', config], { stdio: ['ignore', 'ignore', 'inherit'], detached: true });
  const abandon = () => server.kill('SIGKILL');
  process.once('exit', abandon);
  const gone = once(server, 'exit');
  return {
    settings: { NATS_URL: `nats://127.0.0.1:${port}`, NATS_USER: USER, NATS_PASSWORD: state.busPassword },
    stop: async () => {
      process.off('exit', abandon);
      server.kill('SIGTERM');
      await gone;
    },
  };
}

const configOf = (port: number, password: string) => `
host: 127.0.0.1
port: ${port}
log_file: "/dev/null"
authorization { user: ${USER}, password: ${JSON.stringify(password)} }
`;
