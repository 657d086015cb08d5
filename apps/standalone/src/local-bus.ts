import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LocalState } from '@gatehouse/local';
import { standaloneConfig } from '@gatehouse/local';
import {
  type Bus,
  findFreePort,
  findNatsServer,
  InProcessBus,
  NatsBus,
  natsConfig,
  type Readiness,
  readConfig,
} from '@gatehouse/platform';

/** The bus of `npm start`. */
export interface OpenBus {
  readonly bus: Bus;
  readonly stop: () => Promise<void>;
}

const USER = 'gatehouse';

/**
 * Opens the bus: the NATS server of `NATS_URL`, otherwise a new `nats-server` on the loopback interface if the program
 * is installed, otherwise a bus within this process. `GATEHOUSE_BUS=in-process` always selects the bus within this
 * process.
 */
export async function openBus(state: LocalState, readiness: Readiness, env: NodeJS.ProcessEnv): Promise<OpenBus> {
  if (readConfig(standaloneConfig, env).GATEHOUSE_BUS) return inProcess('GATEHOUSE_BUS is in-process');
  if (env['NATS_URL']) return { bus: new NatsBus(readConfig(natsConfig, env), readiness), stop: async () => undefined };
  const program = await findNatsServer(env, { download: false });
  return program ? startServer(state, program, readiness) : inProcess('No nats-server was found');
}

function inProcess(reason: string): OpenBus {
  process.stderr.write(
    `${reason}: messages stay within this process. ` +
      'A stage in a process of its own needs a nats-server, and its address in NATS_URL.\n',
  );
  return { bus: new InProcessBus(), stop: async () => undefined };
}

async function startServer(
  { folder, busPassword }: LocalState,
  program: string,
  readiness: Readiness,
): Promise<OpenBus> {
  const port = await findFreePort();
  const config = join(folder, 'nats.conf');
  await writeFile(config, configOf(port, busPassword), { mode: 0o600 });
  // The server is detached, so that a Ctrl-C in the terminal reaches this process only. This process stops its services
  // first and then the server.
  const server = spawn(program, ['--config', config], { stdio: ['ignore', 'ignore', 'inherit'], detached: true });
  const kill = () => server.kill('SIGKILL');
  process.once('exit', kill);
  await once(server, 'spawn');
  const exited = once(server, 'exit');
  const settings = { NATS_URL: `nats://127.0.0.1:${port}`, NATS_USER: USER, NATS_PASSWORD: busPassword };
  return {
    bus: new NatsBus(settings, readiness),
    stop: async () => {
      process.off('exit', kill);
      server.kill('SIGTERM');
      await exited;
    },
  };
}

const configOf = (port: number, password: string) => `
host: 127.0.0.1
port: ${port}
log_file: "/dev/null"
authorization { user: ${USER}, password: ${JSON.stringify(password)} }
`;
