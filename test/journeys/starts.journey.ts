import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, readFile, rm, watch, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Browser } from '../support/browser.js';
import { runCliOk } from '../support/commands.js';
import { freePort, type RunningProcess, startProcess } from '../support/processes.js';

const MAIN = 'dist/apps/standalone/src/main.js';
const FLOW = 'default-authentication-flow';
/** The tests start the whole product several times. */
const TIMEOUT_MS = 180_000;

const run = promisify(execFile);

let folder: string;
let env: Record<string, string>;
let running: RunningProcess | undefined;

async function openFolder() {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-starts-'));
  // Postgres runs as another account, which must be able to enter the folder.
  await chmod(folder, 0o755);
  env = {
    ...{ GATEHOUSE_DIR: folder, PORT: String(await freePort()), GATEHOUSE_BUS: 'in-process' },
    XDG_CACHE_HOME: process.env['XDG_CACHE_HOME'] ?? '',
  };
  running = undefined;
}
async function removeFolder() {
  await running?.stop();
  await stopOrphans();
  await rm(folder, { recursive: true, force: true });
}

async function start(ready = /Gatehouse is ready/): Promise<RunningProcess> {
  running = await startProcess(MAIN, env, { ready });
  return running;
}

/** Returns the password that was printed last. */
const printedPassword = (output: string) =>
  [...output.matchAll(/Administrator: admin, password: (\S+)\n/g)].at(-1)?.[1];

async function logIn(password: string | undefined) {
  const browser = new Browser(`http://127.0.0.1:${env['PORT']}`);
  await browser.solve(FLOW, { uid_field: 'admin' });
  await browser.solve(FLOW, { password });
  return (await browser.fetch('/api/v3/core/users/me/')).body;
}

/** Returns the ids of the processes that have a path in their command line. */
async function processesOf(path: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return pids.filter((_, i) => commands[i]?.includes(path)).map(Number);
}

/** Stops the Postgres server of a process that was killed. */
async function stopOrphans(): Promise<void> {
  for (const pid of await processesOf(folder)) {
    process.kill(pid, 'SIGINT');
    await run('tail', [`--pid=${pid}`, '-f', '/dev/null']);
  }
}

/** Starts while another process has the port. Returns why that failed. */
async function startAtOccupiedPort(): Promise<string> {
  const occupant = createServer().listen(Number(env['PORT']), '127.0.0.1');
  await once(occupant, 'listening');
  const failed = await start().then(
    () => 'it started',
    (error: Error) => error.message,
  );
  occupant.close();
  await once(occupant, 'close');
  return failed;
}

/** Starts, and ends the process and `initdb` while `initdb` runs. Returns the error of the start. */
async function startKilledInInitdb(): Promise<string> {
  const began = directoryIn(folder, /^postgres(?!.*(json|password))/);
  const interrupted = start(/never printed/).catch((error: Error) => error.message);
  const cluster = await began;
  await entryIn(cluster, 'PG_VERSION');
  const [main] = await processesOf(MAIN).then((pids) => childrenOfThisProcess(pids));
  for (const pid of [main!, ...(await processesOf(cluster))]) process.kill(pid, 'SIGKILL');
  return String(await interrupted);
}

/** Starts, and ends the process when it has printed the password. Returns its output. */
async function startKilledAtPassword(): Promise<string> {
  const killed = await start(/Administrator: .*\n/);
  killed.kill();
  await killed.gone;
  return killed.output();
}

describe('an installation', { timeout: TIMEOUT_MS }, () => {
  /** The output of each start, or the error of a start that failed. */
  let output: Record<'occupied' | 'initdb' | 'password' | 'last', string>;
  beforeAll(async () => {
    await openFolder();
    const occupied = await startAtOccupiedPort();
    const initdb = await startKilledInInitdb();
    const password = await startKilledAtPassword();
    const file = join(folder, 'hardened.yaml');
    await writeFile(file, HARDENED);
    await blueprint('apply', file);
    output = { occupied, initdb, password, last: (await start()).output() };
  }, TIMEOUT_MS);
  afterAll(removeFolder);
  const passwordOf = () => printedPassword(Object.values(output).join(''));
  const blueprint = (...args: string[]) => runCliOk('blueprint', args, { env });
  const challengeOf = async (slug: string) => {
    const { status, body } = await new Browser(`http://127.0.0.1:${env['PORT']}`).show(slug);
    return { status, title: (body['flow_info'] as { title?: string } | undefined)?.title };
  };
  const HARDENED = `
version: 1
entries:
  - model: authentik_flows.flow
    identifiers: { slug: ${FLOW} }
    attrs: { title: Hardened }
  - model: authentik_flows.flow
    state: absent
    identifiers: { slug: default-user-settings-flow }
`;

  it('lets the administrator log in with the printed password although the first start found its port in use', async () => {
    expect(output.occupied).not.toBe('it started');
    expect(await logIn(passwordOf())).toMatchObject({ user: { username: 'admin', is_superuser: true } });
  });

  it('starts although it was killed by kill -9 while initdb ran, and again while it printed the password', async () => {
    expect(output.initdb).toContain('before it was ready');
    expect(output.password).toContain('Administrator: admin, password: ');
    expect(await logIn(passwordOf())).toMatchObject({ user: { username: 'admin' } });
    const leftovers = (await readdir(folder)).filter((name) => name.startsWith('postgres.new'));
    expect(leftovers).toEqual([]);
  });

  it('changes no stored flow at a later start, and names the blueprints that differ; blueprint diff shows how', async () => {
    expect(output.password).not.toContain('differ');
    expect(await challengeOf(FLOW)).toEqual({ status: 200, title: 'Hardened' });
    expect(await challengeOf('default-user-settings-flow')).toMatchObject({ status: 404 });
    expect(output.last).toContain(
      `Not applied again, because the stored objects differ: blueprints/${FLOW}.yaml, ` +
        'blueprints/default-user-settings-flow.yaml. Compare: npm run blueprint -- diff blueprints\n',
    );

    const differences = await blueprint('diff', 'blueprints');
    expect(differences).toContain('title: "Hardened" → "Welcome to Gatehouse!"');
    expect(differences).toContain('would create authentik_flows.flow default-user-settings-flow');
    expect(await challengeOf(FLOW)).toMatchObject({ title: 'Hardened' });
    await blueprint('apply', 'blueprints');
    expect(await challengeOf(FLOW)).toMatchObject({ title: 'Welcome to Gatehouse!' });
    expect(await challengeOf('default-user-settings-flow')).not.toMatchObject({ status: 404 });
  });
});

describe('a first start with the settings of an operator', { timeout: TIMEOUT_MS }, () => {
  let output: string;
  beforeAll(async () => {
    await openFolder();
    env = {
      ...env,
      ADMIN_PASSWORD: 'chosen-by-the-operator-7',
      BASE_URL: 'http://login.gatehouse.localhost:9700/',
    };
    output = (await start(/Gatehouse is ready.*\n/)).output();
  }, TIMEOUT_MS);
  afterAll(removeFolder);

  it('prints no password that ADMIN_PASSWORD sets', async () => {
    expect(output).toContain('Administrator: admin, with the password of ADMIN_PASSWORD\n');
    expect(output).not.toContain('chosen-by-the-operator-7');
    expect(await logIn('chosen-by-the-operator-7')).toMatchObject({ user: { username: 'admin' } });
  });

  it('prints the address of BASE_URL and the address where it listens', () => {
    expect(output).toContain(
      `Gatehouse is ready: http://login.gatehouse.localhost:9700/if/flow/${FLOW}/ (at http://127.0.0.1:${env['PORT']} on this machine)\n`,
    );
  });
});

/** Resolves with the path of the first new entry of a folder that matches `pattern`. */
async function directoryIn(parent: string, pattern: RegExp): Promise<string> {
  for await (const { filename } of watch(parent)) {
    if (filename && pattern.test(filename)) return join(parent, filename);
  }
  throw new Error(`${parent} is no longer watched`);
}

/** Resolves when a folder has an entry. */
async function entryIn(parent: string, name: string): Promise<void> {
  const events = watch(parent)[Symbol.asyncIterator]();
  let event = events.next();
  while (!existsSync(join(parent, name))) {
    await event;
    event = events.next();
  }
  void events.return?.();
}

/** Returns those processes that this process has started. */
async function childrenOfThisProcess(pids: readonly number[]): Promise<number[]> {
  const statuses = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')));
  return pids.filter((_, i) => statuses[i]?.includes(`PPid:\t${process.pid}\n`));
}
