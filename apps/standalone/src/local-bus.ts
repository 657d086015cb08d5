import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  endProcess,
  isLeftBehind,
  type LocalState,
  localNatsFile,
  readLocalNats,
  removeLocalNats,
  standaloneConfig,
  startedServer,
  writeLocalNats,
  writePrivateFile,
} from '@gatehouse/local';
import {
  type Bus,
  dialNats,
  findFreePort,
  findNatsServer,
  InProcessBus,
  jsonSetting,
  listenOnce,
  NatsBus,
  natsAddress,
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

interface Options {
  readonly state: LocalState;
  readonly readiness: Readiness;
  readonly env: NodeJS.ProcessEnv;
  /** Prints a line for the operator: the URL to which a stage in a process of its own connects. */
  readonly print: (line: string) => void;
}

/**
 * Opens the bus: the NATS server of `NATS_URL`, otherwise a new `nats-server` on the loopback interface if the program
 * is installed, otherwise a bus within this process. `GATEHOUSE_BUS=in-process` always selects the bus within this
 * process.
 */
export async function openBus(options: Options): Promise<OpenBus> {
  const { readiness, env, print } = options;
  await endLeftServer(options);
  if (readConfig(standaloneConfig, env).GATEHOUSE_BUS) return inProcess('GATEHOUSE_BUS is in-process', options);
  if (env['NATS_URL']) {
    const settings = readConfig(natsConfig, env);
    print(`NATS, for stages of your own: ${natsAddress(settings)} (NATS_URL)`);
    return { bus: new NatsBus(settings, readiness), stop: async () => undefined };
  }
  const program = await findNatsServer(env, { download: false });
  return program ? startServer(program, options) : inProcess('No nats-server was found', options);
}

async function inProcess(reason: string, { env, print }: Options): Promise<OpenBus> {
  await removeLocalNats(localNatsFile(env));
  print(
    `NATS: none. ${reason}: messages stay within this process. A stage of your own needs a nats-server: install it ` +
      '(apt-get install nats-server) and start again, or set NATS_URL.',
  );
  return { bus: new InProcessBus(), stop: async () => undefined };
}

async function startServer(program: string, { state, readiness, env, print }: Options): Promise<OpenBus> {
  const file = localNatsFile(env);
  const port = await portOf(await readLocalNats(file));
  const settings = { NATS_URL: `nats://127.0.0.1:${port}`, NATS_USER: USER, NATS_PASSWORD: state.busPassword };
  const config = join(state.folder, 'nats.conf');
  await writeFile(config, configOf(port, state.busPassword), { mode: 0o600 });
  // The server is detached, so that a Ctrl-C in the terminal reaches this process only. This process stops its services
  // first and then the server.
  const server = spawn(program, ['--config', config], { stdio: ['ignore', 'ignore', 'inherit'], detached: true });
  const kill = () => server.kill('SIGKILL');
  process.once('exit', kill);
  await once(server, 'spawn');
  const exited = once(server, 'exit');
  await writeLocalNats(file, settings);
  await writePrivateFile(runningFile(state), { pid: server.pid, startedBy: process.pid });
  print(`NATS, for stages of your own: ${settings.NATS_URL}. Their settings: set -a; . ${file}; set +a`);
  return {
    bus: new NatsBus(settings, readiness),
    stop: async () => {
      process.off('exit', kill);
      await rm(runningFile(state), { force: true });
      server.kill('SIGTERM');
      await exited;
    },
  };
}

const runningFile = ({ folder }: LocalState) => join(folder, 'nats.json');

/**
 * Ends the `nats-server` that a killed `npm start` has left running. External stages that are connected to this server
 * reconnect to the next one, because it listens on the same port.
 */
async function endLeftServer({ state, env }: Options): Promise<void> {
  const text = await readFile(runningFile(state), 'utf8').catch(() => undefined);
  const server = leftServer.safeParse(text).data;
  if (!server || !isLeftBehind(server)) return;
  const settings = await readLocalNats(localNatsFile(env));
  // Without NATS_URL, the client would connect to any server at the default port.
  if (settings.NATS_URL === undefined) return;
  // Another process may have the process id by now. The password proves that the server still runs.
  const client = await dialNats(natsConfig.parse(settings), USER).catch(() => undefined);
  if (!client) return;
  await client.close();
  await endProcess(server.pid, 'SIGTERM');
}

const leftServer = jsonSetting('must be JSON').pipe(startedServer);

/** Returns the port of the last start if it is free, so that stages find the server again, otherwise another free port. */
async function portOf({ NATS_URL }: { readonly NATS_URL?: string }): Promise<number> {
  const last = Number(/:(\d+)$/.exec(NATS_URL ?? '')?.[1] ?? 0);
  return listenOnce(last, '127.0.0.1').catch(findFreePort);
}

const configOf = (port: number, password: string) => `
host: 127.0.0.1
port: ${port}
log_file: "/dev/null"
authorization { user: ${USER}, password: ${JSON.stringify(password)} }
`;
