import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, watch, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { listenOnce } from '@gatehouse/platform';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Browser } from '../support/browser.js';
import { runCli, runCliOk } from '../support/commands.js';
import { changeNameAndPassword } from '../support/default-flows.js';
import { type FreshDatabase, freshDatabase } from '../support/postgres.js';
import { leftBySigterm } from '../support/process-tree.js';
import { freePort, type RunningProcess, startProcess } from '../support/processes.js';
import { isVerified, WebhookReceiver, webhookSecret } from '../support/webhook-receiver.js';

const MAIN = 'dist/apps/standalone/src/main.js';
const START = 'tools/start.mjs';
const FLOW = 'default-authentication-flow';
const PASSWORD = 'chosen-by-the-operator-7'; // not-a-secret
const SECRET = webhookSecret(1);
/** The first hook runs `npm start` eight times, which takes minutes on a loaded machine. */
const TIMEOUT_MS = 400_000;

const run = promisify(execFile);

const hasIpv6 = await listenOnce(0, '::1').then(
  () => true,
  () => false,
);

let folder: string;
let env: Record<string, string>;
let running: RunningProcess | undefined;

async function openFolder() {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-starts-'));
  // Postgres runs as another account, which must be able to enter the folder.
  await chmod(folder, 0o755);
  env = {
    ...{ GATEHOUSE_DIR: folder, PORT: String(await freePort()), GATEHOUSE_BUS: 'in-process' },
    // The start of Python takes most of the CPU time of an expression.
    POLICY_PYTHON_SPARES: '0',
    XDG_CACHE_HOME: process.env['XDG_CACHE_HOME'] ?? '',
  };
  running = undefined;
}
async function removeFolder() {
  await running?.stop();
  await stopOrphans();
  await rm(folder, { recursive: true, force: true });
}

async function start(ready = /Gatehouse is ready.*\n/, entry = MAIN): Promise<RunningProcess> {
  running = await startProcess(entry, env, { ready });
  return running;
}

/** Starts with settings that must prevent it. Returns why that failed. */
const refusalOf = (settings: Readonly<Record<string, string>>): Promise<string> =>
  startProcess(MAIN, { ...env, ...settings }, { ready: /Gatehouse is ready/ }).then(
    async (started) => `it started, and ended with ${await started.stop()}`,
    (error: Error) => error.message,
  );

/** Returns the password that was printed last. */
const printedPassword = (output: string) =>
  [...output.matchAll(/Administrator: admin, password: (\S+)\n/g)].at(-1)?.[1];

const urlOf = (host = '127.0.0.1') => `http://${host}:${env['PORT']}`;

async function logIn(password: string | undefined, url = urlOf()) {
  const browser = new Browser(url);
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
  const failed = await refusalOf({});
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
  let output: Record<
    'occupied' | 'initdb' | 'noFolder' | 'invalid' | 'password' | 'stream' | 'otherBus' | 'last',
    string
  >;
  let blueprints: Record<'nowhere' | 'invalid', string>;
  beforeAll(async () => {
    await openFolder();
    blueprints = { nowhere: join(folder, 'nowhere'), invalid: join(folder, 'blueprints') };
    await mkdir(blueprints.invalid);
    await writeFile(join(blueprints.invalid, 'a.yaml'), 'version: 1\nentries: 7\n');
    const occupied = await startAtOccupiedPort();
    const initdb = await startKilledInInitdb();
    const noFolder = await refusalOf({ BLUEPRINTS_DIR: blueprints.nowhere });
    const invalid = await refusalOf({ BLUEPRINTS_DIR: blueprints.invalid });
    const password = await startKilledAtPassword();
    const stream = await refusalOf({ EVENTS_STREAM: 'EVENTS' });
    const otherBus = await refusalOf({ GATEHOUSE_BUS: 'other' });
    const file = join(folder, 'hardened.yaml');
    await writeFile(file, HARDENED);
    await blueprint('apply', file);
    if (hasIpv6) env = { ...env, HOST: '::1' };
    const last = (await start(undefined, START)).output();
    output = { occupied, initdb, noFolder, invalid, password, stream, otherBus, last };
  }, TIMEOUT_MS);
  afterAll(removeFolder);
  const url = () => urlOf(hasIpv6 ? '[::1]' : undefined);
  const printed = () => printedPassword(Object.values(output).join('')) ?? '';
  const blueprint = (...args: string[]) => runCliOk('blueprint', args, { env });
  const challengeOf = async (slug: string) => {
    const { status, body } = await new Browser(url()).show(slug);
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
    expect(output.occupied).not.toContain('it started');
    expect(await logIn(printed(), url())).toMatchObject({ user: { username: 'admin', is_superuser: true } });
  });

  it('starts although it was killed by kill -9 while initdb ran, and again while it printed the password', async () => {
    expect(output.initdb).toContain('before it was ready');
    expect(output.password).toContain('Administrator: admin, password: ');
    expect(await logIn(printed(), url())).toMatchObject({ user: { username: 'admin' } });
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

  it('reports in one sentence why it cannot apply the folder of BLUEPRINTS_DIR', () => {
    expect(output.noFolder).toMatch(new RegExp(`\ngatehouse: ${blueprints.nowhere}.*\n?$`));
    expect(output.invalid).toMatch(new RegExp(`\ngatehouse: ${blueprints.invalid}.*\n?$`));
  });

  it('refuses to start with settings that need a NATS server, and names them', () => {
    expect(output.stream).toContain('EVENTS_STREAM is EVENTS, which needs a NATS');
    expect(output.otherBus).toContain('GATEHOUSE_BUS: must be "in-process" or unset, not "other"');
  });

  it.skipIf(!hasIpv6)('starts at an IPv6 address, without a BASE_URL', async () => {
    const page = `http://[::1]:${env['PORT']}/if/flow/${FLOW}/`;
    expect(output.last).toContain(`Gatehouse is ready: ${page}\n`);
    expect((await fetch(page)).status).toBe(200);
  });

  it('without a nats-server, explains that an external stage needs a NATS server', async () => {
    const file = join(folder, 'terms.yaml');
    const attrs = '{ kind: x_acme_terms, config: {} }';
    const entry = `{ model: gatehouse_stages.remotestage, identifiers: { name: terms }, attrs: ${attrs} }`;
    await writeFile(file, `version: 1\nentries: [${entry}]`);
    // A port on which nothing listens.
    const output = await runCli('blueprint', ['apply', file], { env: { ...env, NATS_URL: 'nats://127.0.0.1:1' } });
    expect(output).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /x_acme_terms cannot be reached: the bus at nats:\/\/127.0.0.1:1 cannot be reached: .*\. Start Gatehouse or a nats-server there/,
      ),
    });
  });

  it('stops the server and Postgres and frees the port when tools/start.mjs gets SIGTERM', async () => {
    expect(await leftBySigterm(running!, Number(env['PORT']), env['HOST'])).toEqual([]);
  });
});

describe('a first start with the settings of an operator', { timeout: TIMEOUT_MS }, () => {
  let database: FreshDatabase;
  let receiver: WebhookReceiver;
  let output: string;
  beforeAll(async () => {
    await openFolder();
    [database, receiver] = await Promise.all([freshDatabase(), WebhookReceiver.open()]);
    env = {
      ...env,
      DATABASE_URL: database.url,
      ADMIN_PASSWORD: PASSWORD,
      BASE_URL: 'http://login.gatehouse.localhost:9700/',
      WEBHOOKS: JSON.stringify([{ name: 'siem', url: receiver.url, secrets: [SECRET], actions: ['login'] }]),
    };
    output = (await start()).output();
  }, TIMEOUT_MS);
  afterAll(async () => {
    await removeFolder();
    await database?.drop();
    await receiver?.close();
  });

  it('prints no password that ADMIN_PASSWORD sets', async () => {
    expect(output).toContain('Administrator: admin, with the password of ADMIN_PASSWORD\n');
    expect(output).not.toContain(PASSWORD);
    expect(await logIn(PASSWORD)).toMatchObject({ user: { username: 'admin' } });
  });

  it('prints the address of BASE_URL and the address where it listens', () => {
    expect(output).toContain(
      `Gatehouse is ready: http://login.gatehouse.localhost:9700/if/flow/${FLOW}/ (at http://127.0.0.1:${env['PORT']} on this machine)\n`,
    );
  });

  it('delivers the events of a login to a webhook on its machine, without a NATS server', async () => {
    const count = receiver.received.length;
    await logIn(PASSWORD);
    await receiver.until(() => receiver.received.length > count);
    const received = receiver.received[count]!;
    expect(received).toMatchObject({ event: { type: 'gatehouse.login', data: { outcome: 'success' } } });
    expect(isVerified(received, SECRET)).toBe(true);
  });

  it('without a nats-server, reports the in-process bus, and serves the same flows', async () => {
    expect(output).toMatch(
      /^NATS: none\. GATEHOUSE_BUS is in-process: messages stay within this process\. .* NATS_URL\.$/m,
    );
    for (const file of ['nats.conf', 'nats.env']) expect(await readdir(folder)).not.toContain(file);
    const ready = await fetch(`${urlOf()}/-/health/ready/`);
    expect([ready.status, await logIn(PASSWORD)]).toMatchObject([200, { user: { username: 'admin' } }]);
    const visit = { url: urlOf(), password: PASSWORD, name: 'Grace' };
    expect(await changeNameAndPassword(visit)).toMatchObject({ user: { name: 'Grace' } });
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
