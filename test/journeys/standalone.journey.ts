import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, watch, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isProcessAlive } from '@gatehouse/platform';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { Browser } from '../support/browser.js';
import { runCli } from '../support/commands.js';
import { CONTACT_FORM } from '../support/contact-form.js';
import { changeNameAndPassword } from '../support/default-flows.js';
import { DocumentedCommands } from '../support/documented-commands.js';
import { onServer } from '../support/postgres-databases.js';
import { descendantsOf, leftBySigterm } from '../support/process-tree.js';
import { freePort, type RunningProcess, startProcess } from '../support/processes.js';
import { hasPrometheus, RunningPrometheus } from '../support/prometheus.js';
import { runRunbooks } from '../support/runbooks.js';
import { shownOutput } from '../support/transcript.js';

const FLOW = 'default-authentication-flow';
const WRITE_A_STAGE = 'docs/how-to/write-a-stage-in-another-language.md';

let folder: string;
let env: Record<string, string>;
let running: RunningProcess;
let printedPassword: string;
let monitoring: string;

const start = () => startProcess('dist/apps/standalone/src/main.js', env, { ready: /Gatehouse is ready/ });
const startByNpm = (program: string, entry: string, ...args: string[]) =>
  startProcess(entry, env, { program, args, ready: /Gatehouse is ready/ });

/** Runs a command and returns its exit code and output. */
async function command(name: 'blueprint' | 'user', ...args: string[]) {
  const { code, stdout, stderr } = await runCli(name, args, { env });
  return { code, output: code === 0 ? stdout : stderr };
}

async function logIn(password: string) {
  const browser = new Browser(`http://127.0.0.1:${env['PORT']}`);
  await browser.solve(FLOW, { uid_field: 'admin' });
  const { body } = await browser.solve(FLOW, { password });
  return { body, me: (await browser.fetch('/api/v3/core/users/me/')).body };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-standalone-'));
  env = {
    ...{ GATEHOUSE_DIR: folder, PORT: String(await freePort()), XDG_CACHE_HOME: process.env['XDG_CACHE_HOME'] ?? '' },
    // The delay is longer than any test takes on a slow machine.
    ATTEMPTS_DELAY_S: '600',
    // The start of Python takes most of the CPU time of an expression.
    POLICY_PYTHON_SPARES: '0',
    MONITORING_PORT: String(await freePort()),
  };
  monitoring = `127.0.0.1:${env['MONITORING_PORT']}`;
  running = await start();
  printedPassword = /Administrator: admin, password: (\S+)/.exec(running.output())?.[1] ?? '';
}, 120_000);
afterAll(async () => {
  await running.stop();
  await rm(folder, { recursive: true, force: true });
});

it('npm start starts in an empty folder and prints the password of the administrator', async () => {
  const { body, me } = await logIn(printedPassword);

  expect(body).toEqual({ component: 'xak-flow-redirect', to: '/' });
  expect(me).toMatchObject({ user: { username: 'admin', is_superuser: true } });
});

it('npm start writes secrets to files that only their owner can read, and the administrator’s password to no file', async () => {
  const natsFiles = inject('natsServer') ? ['nats.conf', 'nats.env'] : [];
  for (const name of ['secrets.json', 'postgres.json', ...natsFiles]) {
    expect((await stat(join(folder, name))).mode & 0o077).toBe(0);
    expect(await readFile(join(folder, name), 'utf8')).not.toContain(printedPassword);
  }
});

it('operator commands use the database of npm start while it runs', async () => {
  const file = `blueprints/${FLOW}.yaml`;

  expect(await command('blueprint', 'apply', file)).toMatchObject({
    code: 0,
    output: expect.stringMatching(/: \d+ unchanged$/m),
  });
  expect(await command('user', 'unlock', 'admin')).toMatchObject({
    code: 0,
    output: expect.stringMatching(/was not locked/),
  });
});

it.skipIf(!inject('natsServer'))(
  'npm start prints the NATS settings for a separate stage, and commands reach that stage with them',
  async () => {
    const [, url, file] = /^NATS, for stages of your own: (\S+)\. Their settings: set -a; \. (\S+);/m.exec(
      running.output(),
    )!;
    const shown = DocumentedCommands.of(WRITE_A_STAGE).block('text', /^NATS, for/m, { '/.gatehouse/': '/' });
    expect(running.output()).toMatch(shownOutput(shown));
    const settings = Object.fromEntries(
      (await readFile(file!, 'utf8')).split('\n').map((line) => [line.split('=', 1)[0], line.replace(/^\w+=/, '')]),
    );
    expect(settings).toMatchObject({ NATS_URL: url });
    const stage = await connect({ servers: url!, user: settings['NATS_USER']!, pass: settings['NATS_PASSWORD']! });
    const callback = (_: unknown, message: { respond(body: string): void }) => message.respond('{"v":1}');
    stage.subscribe('stage.x_acme_probe.describe', { queue: 'x_acme_probe', callback });
    await stage.flush();
    const { stdout } = await runCli('check-stage', ['x_acme_probe'], { env });
    await stage.close();

    expect(stdout).toMatch(/^FAIL can be bound by a blueprint\n {7}kind: The descriptor of x_acme_probe is invalid: /);
  },
);

it('a second npm start names the process that uses its port, and does not change postgres.json', async () => {
  const before = await readFile(join(folder, 'postgres.json'), 'utf8');
  await expect(start()).rejects.toThrow(
    `gatehouse: port ${env['PORT']} of 127.0.0.1 is taken by process ${running.pid} (`,
  );
  expect(await readFile(join(folder, 'postgres.json'), 'utf8')).toBe(before);
});

it('a command reports a wrong argument', async () => {
  expect(await command('user', 'unlock', 'nobody')).toMatchObject({
    code: 1,
    output: expect.stringMatching(/(^|\n)user: there is no user nobody\n$/),
  });
  expect(await command('blueprint', 'apply', 'nowhere.yaml')).toMatchObject({
    code: 1,
    output: expect.stringMatching(/cannot be read/),
  });
  expect(await command('blueprint')).toMatchObject({ code: 1, output: expect.stringMatching(/^blueprint: usage/) });
});

it('the default logout flow, to which "Not you?" links, logs the user out', async () => {
  const browser = new Browser(`http://127.0.0.1:${env['PORT']}`);
  await browser.solve(FLOW, { uid_field: 'admin' });
  await browser.solve(FLOW, { password: printedPassword });
  let answer = await browser.fetch('/flows/-/cancel/');
  const locations: (string | null)[] = [];
  while (answer.headers.has('location') && locations.length < 5) {
    locations.push(answer.headers.get('location'));
    answer = await browser.fetch(locations.at(-1) ?? '');
  }

  expect(locations.slice(0, 3)).toEqual(['/flows/-/default/invalidation/', '/if/flow/default-invalidation-flow/', '/']);
  expect((await browser.fetch('/api/v3/core/users/me/')).status).toBe(403);
});

it('users can change their name and their password on the account page', async () => {
  const visit = { url: `http://127.0.0.1:${env['PORT']}`, password: printedPassword, name: 'Ada' };
  expect(await changeNameAndPassword(visit)).toMatchObject({ user: { name: 'Ada' } });
});

it('the administrator has an email address that a form with a required address accepts unchanged', async () => {
  const file = join(folder, 'contact.yaml');
  await writeFile(file, CONTACT_FORM);
  expect(await command('blueprint', 'apply', file)).toMatchObject({ code: 0 });
  const browser = new Browser(`http://127.0.0.1:${env['PORT']}`);
  await browser.solve(FLOW, { uid_field: 'admin' });
  await browser.solve(FLOW, { password: printedPassword });
  const { body } = await browser.show('contact');
  const [{ initial_value: email }] = body['fields'] as [{ readonly initial_value: string }];

  expect((await browser.solve('contact', { email })).body).toMatchObject({ component: 'xak-flow-redirect' });
  expect((await browser.fetch('/api/v3/core/users/me/')).body).toMatchObject({ user: { email: 'admin@localhost' } });
});

it('user end-sessions ends all sessions and logins of a user', async () => {
  const [loggedIn, pending] = [0, 1].map(() => new Browser(`http://127.0.0.1:${env['PORT']}`));
  for (const browser of [loggedIn!, pending!]) await browser.solve(FLOW, { uid_field: 'admin' });
  await loggedIn!.solve(FLOW, { password: printedPassword });

  expect(await command('user', 'end-sessions', 'admin')).toMatchObject({
    output: expect.stringMatching(/^ended \d+ sessions of admin\n$/),
  });
  expect((await loggedIn!.fetch('/api/v3/core/users/me/')).status).toBe(403);
  expect((await pending!.solve(FLOW, { password: printedPassword })).body).toMatchObject({
    component: 'ak-stage-access-denied',
  });
});

it('an unknown user command lists the known ones', async () => {
  expect(await command('user', 'end-everything', 'admin')).toEqual({
    code: 1,
    output: expect.stringMatching(
      /^user: usage: npm run user -- …\n[^]* {2}unlock USERNAME\n[^]* {2}end-sessions USERNAME\n/,
    ),
  });
});

it('user unlock unlocks a user', async () => {
  for (let i = 0; i < 6; i++) await logIn('wrong');
  expect((await logIn(printedPassword)).body).toHaveProperty('response_errors');

  expect(await command('user', 'unlock', 'admin')).toMatchObject({ output: 'unlocked for admin: password\n' });
  expect((await logIn(printedPassword)).body).toMatchObject({ to: '/' });
});

it.skipIf(!hasPrometheus)('Prometheus evaluates all rules on the metrics, and all runbook commands work', async () => {
  await logIn(printedPassword);
  const [prometheus, stop] = await RunningPrometheus.open({
    targets: { standalone: monitoring },
    factor: 60,
    rules: [
      { alert: 'Scraped', expr: 'sum(up{job="gatehouse"}) > 0' },
      { alert: 'Recorded', expr: 'gatehouse:solves:rate5m > 0' },
    ],
  });
  try {
    // Prometheus sees an increase only if it has read the counter before.
    await prometheus.fires('Scraped');
    await logIn(printedPassword);
    await prometheus.fires('Recorded');
    const rules = await prometheus.rules();
    expect(rules.filter(({ name }) => name.startsWith('Gatehouse')).length).toBeGreaterThan(40);
    expect(rules.filter(({ health }) => health === 'err')).toEqual([]);
    expect(await prometheus.query('gatehouse:solves_failed:ratio_rate5m')).toMatchObject([{ value: 0 }]);
    const [p95] = await prometheus.query('gatehouse:solve_seconds:p95_5m');
    expect(p95?.value).toBeGreaterThan(0);
    const { queries, statements, failed } = await runRunbooks(`http://${monitoring}`);
    expect(failed).toEqual([]);
    // Prometheus refuses a query with a mistake, and Postgres a statement with a mistake.
    for (const query of queries) await prometheus.query(query);
    const { url } = JSON.parse(await readFile(join(folder, 'postgres.json'), 'utf8')) as { url: string };
    await onServer(url, async (client) => {
      for (const statement of statements) await client.query(statement);
    });
    expect([queries.length > 50, statements.length > 5]).toEqual([true, true]);
  } finally {
    await stop();
  }
});

it('npm start stops all child processes after several signals, and keeps its data for the next start', async () => {
  const children = await descendantsOf(running.pid);
  expect(children.length).toBeGreaterThan(1);
  // A Ctrl-C arrives from the terminal and again from `npm start`. Users press it twice.
  const interval = setInterval(() => void running.stop('SIGINT'), 10);
  expect(await running.gone).toBe(0);
  clearInterval(interval);
  expect(children.filter(isProcessAlive)).toEqual([]);
  expect(await readdir(folder)).not.toContain('postgres.json');
  const pages = ['README.md', WRITE_A_STAGE].map((page) => DocumentedCommands.of(page));
  const commands = new Set(pages.map((page) => page.block('sh', /^npm start$/m).trim()));
  expect(commands.size).toBe(1);
  running = await startByNpm('bash', '-c', `exec ${[...commands][0]}`);

  expect(running.output()).not.toContain('Administrator:');
  expect((await logIn(printedPassword)).body).toMatchObject({ to: '/' });
});

it('npm start stops the server, Postgres and NATS and frees the port at SIGTERM', async () => {
  expect(await leftBySigterm(running, Number(env['PORT']))).toEqual([]);
});

it.each(['SIGINT', 'SIGHUP'] as const)('npm start stops all child processes at %s while it starts', async (signal) => {
  const child = spawn(process.execPath, ['dist/apps/standalone/src/main.js'], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: 'ignore',
  });
  for await (const { filename } of watch(folder)) if (filename === 'postgres.json') break;
  const children = await descendantsOf(child.pid!);
  expect(children.length).toBeGreaterThan(0);
  const exit = once(child, 'exit');
  child.kill(signal);
  expect(await exit).toEqual([0, null]);
  expect(children.filter(isProcessAlive)).toEqual([]);
});
