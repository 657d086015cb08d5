import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { blueprint, DUMMY, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { runCliOk } from '../support/commands.js';
import { CountingProxy } from '../support/counting-proxy.js';
import { Deployment } from '../support/deployment.js';
import { type FreshDatabase, migratedDatabase } from '../support/postgres.js';
import { killWhenParentDies } from '../support/watchdog.js';

/**
 * Moments at which the command is killed: after this share of the messages that it sends to Postgres, or at its COMMIT.
 */
const MOMENTS = [0.2, 0.5, 0.7, 0.9, 'COMMIT'] as const;

/** Timeout in milliseconds of a test that starts five processes, on a loaded machine. */
const START_TIMEOUT_MS = 120_000;
/** Number of logins that run while the command is killed. */
const LOGINS = 8;

let folder: string;
let database: FreshDatabase;
let proxy: CountingProxy;
let deployment: Deployment;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-interrupted-'));
  database = await migratedDatabase();
  proxy = await CountingProxy.start(database.url);
  deployment = await Deployment.open({
    database,
    blueprints: [blueprint(userEntry('alice'), flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]))],
  });
});
afterAll(async () => {
  await deployment?.close();
  await proxy?.close();
  await rm(folder, { recursive: true });
});

/** Writes a blueprint of flows with a title. Returns the path of the file. */
async function writeFlows(title: string): Promise<string> {
  const file = join(folder, 'login.yaml');
  const others = Array.from({ length: 10 }, (_, i) => flowEntries(`other-${i}`, [DUMMY], { title }));
  await writeFile(file, blueprint(flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN], { title }), ...others));
  return file;
}

/** Settings of a command that reaches Postgres through the proxy. */
const applyEnvironment = () => ({ DATABASE_URL: proxy.url, NATS_URL: deployment.nats.url, ...deployment.sealing });

/** Starts `npm run blueprint -- apply` as a process that reaches Postgres through the proxy. */
async function startApply(title: string) {
  const file = await writeFlows(title);
  const child = spawn(process.execPath, ['dist/apps/cli/src/blueprint.js', 'apply', file], {
    env: { PATH: process.env['PATH'], ...applyEnvironment() },
    stdio: 'ignore',
  });
  const cancelWatchdog = killWhenParentDies(child.pid ?? 0);
  const code = once(child, 'exit').then(([exitCode]: (number | null)[]) => {
    cancelWatchdog();
    return exitCode;
  });
  return { code, kill: () => void child.kill('SIGKILL') };
}

/**
 * Kills an apply before the message at this moment reaches Postgres. `messages` is the number of messages of a complete
 * apply.
 */
async function killAt(moment: (typeof MOMENTS)[number], messages: number): Promise<void> {
  let kill = () => {};
  const reached = new Promise<void>((resolve) => (kill = resolve));
  proxy.restart(
    (message, number) => (moment === 'COMMIT' ? message.includes('COMMIT') : number >= messages * moment),
    kill,
  );
  const apply = await startApply('Second');
  await Promise.race([reached, apply.code]);
  apply.kill();
  expect({ moment, code: await apply.code }).toEqual({ moment, code: null });
}

const titles = () =>
  deployment.rows<{ title: string }>(
    `SELECT DISTINCT v.document->'flow'->>'title' AS title FROM flow.flows f JOIN flow.flow_versions v ON v.id = f.version_id`,
  );
const versions = () =>
  deployment.rows<{ n: number }>(`SELECT count(*)::int AS n FROM flow.flow_versions
    UNION ALL SELECT count(*) FROM flow.releases UNION ALL SELECT count(*) FROM flow.objects`);

/** Begins a login. Returns the function that completes it. */
async function beginLogin(): Promise<() => Promise<void>> {
  const browser = deployment.browser();
  await browser.solve('login', { uid_field: 'alice' });
  return async () => {
    expect((await browser.solve('login', { password: 'correct-horse-7' })).body).toMatchObject({ to: '/' });
  };
}
const logIn = async () => (await beginLogin())();

it('an apply that is killed at any moment publishes nothing, frees its lock, and fails no login', {
  timeout: START_TIMEOUT_MS,
}, async () => {
  await deployment.applyFiles(await writeFlows('Earlier'));
  proxy.restart();
  await runCliOk('blueprint', ['apply', await writeFlows('First')], { env: applyEnvironment() });
  const messages = proxy.count;
  const before = await versions();
  for (const moment of MOMENTS) {
    const completeLogin = await beginLogin();
    await Promise.all([killAt(moment, messages), ...Array.from({ length: LOGINS }, logIn)]);
    await completeLogin();
    // Waits for the lock, which Postgres frees when it notices that the connection of the killed process is closed.
    await deployment.rows(`SELECT pg_advisory_lock(hashtext('gatehouse blueprints')), pg_advisory_unlock_all()`);
    expect(await titles()).toEqual([{ title: 'First' }]);
    expect(await versions()).toEqual(before);
  }
  await deployment.applyFiles(await writeFlows('Second'));
  expect(await titles()).toEqual([{ title: 'Second' }]);
});
