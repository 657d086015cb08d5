import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LocalState } from '@gatehouse/local';
import { standaloneConfig } from '@gatehouse/local';
import { findNatsServer, freePort, readConfig, startEmbeddedBroker } from '@gatehouse/platform';

/** A bus to work with. */
export interface LocalNats {
  readonly settings: { readonly NATS_URL: string; readonly NATS_USER?: string; readonly NATS_PASSWORD?: string };
  readonly stop: () => Promise<void>;
}

const USER = 'gatehouse';

/**
 * The NATS of NATS_URL, else a `nats-server` of this process's own on the loopback interface, else the embedded broker,
 * which `GATEHOUSE_BROKER=embedded` puts before the other two.
 */
export async function openNats(state: LocalState, env: NodeJS.ProcessEnv = process.env): Promise<LocalNats> {
  if (readConfig(standaloneConfig, env).GATEHOUSE_BROKER)
    return openBroker(state, 'as GATEHOUSE_BROKER says, the embedded broker is used');
  if (env['NATS_URL']) return { settings: { NATS_URL: env['NATS_URL'] }, stop: async () => undefined };
  const binary = await findNatsServer(env, { download: false });
  return binary ? openServer(state, binary) : openBroker(state, 'no nats-server found: using the embedded broker');
}

async function openBroker({ busPassword }: LocalState, why: string): Promise<LocalNats> {
  process.stderr.write(`${why}; for trying out only\n`);
  const { url, stop } = await startEmbeddedBroker({ user: USER, password: busPassword });
  return { settings: settingsOf(url, busPassword), stop };
}

async function openServer({ folder, busPassword }: LocalState, binary: string): Promise<LocalNats> {
  const port = await freePort();
  const config = join(folder, 'nats.conf');
  await writeFile(config, configOf(port, busPassword), { mode: 0o600 });
  // A Ctrl-C in the terminal is for this process, which lets its services drain first.
  const server = spawn(binary, ['--config', config], { stdio: ['ignore', 'ignore', 'inherit'], detached: true });
  const abandon = () => server.kill('SIGKILL');
  process.once('exit', abandon);
  await once(server, 'spawn');
  const gone = once(server, 'exit');
  return {
    settings: settingsOf(`nats://127.0.0.1:${port}`, busPassword),
    stop: async () => {
      process.off('exit', abandon);
      server.kill('SIGTERM');
      await gone;
    },
  };
}

const settingsOf = (url: string, password: string) => ({ NATS_URL: url, NATS_USER: USER, NATS_PASSWORD: password });

const configOf = (port: number, password: string) => `
host: 127.0.0.1
port: ${port}
log_file: "/dev/null"
authorization { user: ${USER}, password: ${JSON.stringify(password)} }
`;
