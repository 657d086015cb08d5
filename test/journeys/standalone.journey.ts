import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, watch } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { Browser } from '../support/browser.js';
import { freePort, type RunningProcess, startProcess } from '../support/processes.js';

const run = promisify(execFile);
const FLOW = 'default-authentication-flow';

let folder: string;
let env: Record<string, string>;
let running: RunningProcess;
let printedPassword: string;

const start = () => startProcess('dist/apps/standalone/src/main.js', env, { ready: /Gatehouse is ready/ });

/** One of the commands beside it, with its exit code. */
async function command(name: string, ...args: string[]) {
  const options = { env: { PATH: process.env['PATH'], ...env } };
  return run(process.execPath, [`dist/apps/cli/src/${name}.js`, ...args], options).then(
    ({ stdout }) => ({ code: 0, said: stdout }),
    (error: { code: number; stderr: string }) => ({ code: error.code, said: error.stderr }),
  );
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
    // Longer than a test takes, however slow the machine.
    ATTEMPTS_DELAY_S: '600',
  };
  running = await start();
  printedPassword = /Administrator: admin, password: (\S+)/.exec(running.output())?.[1] ?? '';
}, 120_000);
afterAll(async () => {
  await running.stop();
  await rm(folder, { recursive: true, force: true });
});

it('starts from nothing and lets the administrator in whose password it prints', async () => {
  const { body, me } = await logIn(printedPassword);

  expect(body).toEqual({ component: 'xak-flow-redirect', to: '/' });
  expect(me).toMatchObject({ user: { username: 'admin', is_superuser: true } });
});

it('keeps its secrets from everybody else, and the password nowhere', async () => {
  const ofTheBus = inject('natsServer') ? ['nats.conf'] : [];
  for (const name of ['secrets.json', 'postgres.json', ...ofTheBus]) {
    expect((await stat(join(folder, name))).mode & 0o077).toBe(0);
    expect(await readFile(join(folder, name), 'utf8')).not.toContain(printedPassword);
  }
});

it('has commands that find its database while it runs', async () => {
  const file = `blueprints/${FLOW}.yaml`;

  expect(await command('blueprint', 'apply', file)).toMatchObject({
    code: 0,
    said: expect.stringMatching(/: \d+ left$/m),
  });
  expect(await command('user', 'unlock', 'admin')).toMatchObject({
    code: 0,
    said: expect.stringMatching(/was not locked/),
  });
});

it('has commands that say what is wrong with what they are given', async () => {
  expect(await command('user', 'unlock', 'nobody')).toMatchObject({ code: 1, said: 'user: there is no user nobody\n' });
  expect(await command('blueprint', 'apply', 'nowhere.yaml')).toMatchObject({
    code: 1,
    said: expect.stringMatching(/cannot be read/),
  });
  expect(await command('blueprint')).toMatchObject({ code: 1, said: expect.stringMatching(/^blueprint: usage/) });
});

it('logs out by the flow that comes with it, where "Not you?" leads', async () => {
  const browser = new Browser(`http://127.0.0.1:${env['PORT']}`);
  await browser.solve(FLOW, { uid_field: 'admin' });
  await browser.solve(FLOW, { password: printedPassword });
  let answer = await browser.fetch('/flows/-/cancel/');
  const way: (string | null)[] = [];
  while (answer.headers.has('location') && way.length < 5) {
    way.push(answer.headers.get('location'));
    answer = await browser.fetch(way.at(-1) ?? '');
  }

  expect(way.slice(0, 3)).toEqual(['/flows/-/default/invalidation/', '/if/flow/default-invalidation-flow/', '/']);
  expect((await browser.fetch('/api/v3/core/users/me/')).status).toBe(403);
});

it('lets people change what they are called, and their password when they know the old one, from their own page', async () => {
  const browser = new Browser(`http://127.0.0.1:${env['PORT']}`);
  await browser.solve(FLOW, { uid_field: 'admin' });
  await browser.solve(FLOW, { password: printedPassword });
  const { text } = await browser.fetch('/if/user/');
  expect(text).toContain('href="/if/flow/default-user-settings-flow/?next=%2Fif%2Fuser%2F"');
  const configure = /href="(\/flows\/-\/configure\/[0-9a-f-]+\/)\?next=/.exec(text)?.[1] ?? '';
  expect((await browser.fetch(configure)).headers.get('location')).toMatch('/if/flow/default-password-change/');

  const settings = 'default-user-settings-flow';
  expect((await browser.show(settings)).body).toMatchObject({
    fields: [{ field_key: 'name' }, { field_key: 'attributes.settings.locale', initial_value: '' }],
  });
  const named = await browser.solve(settings, { name: 'Ada', 'attributes.settings.locale': '' });
  expect(named.body).toMatchObject({ component: 'xak-flow-redirect' });
  expect((await browser.fetch('/api/v3/core/users/me/')).body).toMatchObject({ user: { name: 'Ada' } });

  const password = 'default-password-change';
  expect((await browser.solve(password, { password: 'wrong' })).body).toHaveProperty('response_errors');
  expect((await browser.solve(password, { password: printedPassword })).body).toMatchObject({ fields: [{}, {}] });
  const typed = (word: string) => browser.solve(password, { password: word, password_repeat: word });
  expect((await typed('short')).body).toMatchObject({
    response_errors: { non_field_errors: [{ string: 'A password has at least 8 characters.' }] },
  });
  expect((await typed(printedPassword)).body).toMatchObject({ component: 'xak-flow-redirect' });
  expect((await browser.fetch('/api/v3/core/users/me/')).status).toBe(200);
});

it('ends the sessions of a user by command, also a login that is under way', async () => {
  const [inside, onTheWay] = [0, 1].map(() => new Browser(`http://127.0.0.1:${env['PORT']}`));
  for (const browser of [inside!, onTheWay!]) await browser.solve(FLOW, { uid_field: 'admin' });
  await inside!.solve(FLOW, { password: printedPassword });

  expect(await command('user', 'end-sessions', 'admin')).toMatchObject({
    said: expect.stringMatching(/^\d+ ended of admin\n$/),
  });
  expect((await inside!.fetch('/api/v3/core/users/me/')).status).toBe(403);
  expect((await onTheWay!.solve(FLOW, { password: printedPassword })).body).toMatchObject({
    component: 'ak-stage-access-denied',
  });
});

it('names the commands for users to whoever types another', async () => {
  expect(await command('user', 'end-everything', 'admin')).toEqual({
    code: 1,
    said: expect.stringMatching(
      /^user: usage: npm run user -- …\n[^]* {2}unlock USERNAME\n[^]* {2}end-sessions USERNAME\n/,
    ),
  });
});

it('unlocks a user who was locked out', async () => {
  for (let i = 0; i < 6; i++) await logIn('wrong');
  expect((await logIn(printedPassword)).body).toHaveProperty('response_errors');

  expect(await command('user', 'unlock', 'admin')).toMatchObject({ said: 'unlocked for admin: password\n' });
  expect((await logIn(printedPassword)).body).toMatchObject({ to: '/' });
});

it('leaves nothing behind however often it is told to stop, and finds its data when it starts again', async () => {
  const children = await childrenOf(running.pid);
  expect(children.length).toBeGreaterThan(1);
  // A Ctrl-C comes by the terminal, and again by `npm start`; somebody in a hurry presses it twice.
  const nagging = setInterval(() => void running.stop('SIGINT'), 10);
  expect(await running.gone).toBe(0);
  clearInterval(nagging);
  expect(children.filter(isAlive)).toEqual([]);
  expect(await readdir(folder)).not.toContain('postgres.json');
  running = await start();

  expect(running.output()).not.toContain('Administrator:');
  expect((await logIn(printedPassword)).body).toMatchObject({ to: '/' });
});

it('leaves nothing behind when it is told to stop while it starts', async () => {
  expect(await running.stop()).toBe(0);
  const starting = spawn(process.execPath, ['dist/apps/standalone/src/main.js'], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: 'ignore',
  });
  for await (const { filename } of watch(folder)) if (filename === 'postgres.json') break;
  const children = await childrenOf(starting.pid!);
  expect(children.length).toBeGreaterThan(0);
  const gone = once(starting, 'exit');
  starting.kill('SIGINT');
  expect(await gone).toEqual([0, null]);
  expect(children.filter(isAlive)).toEqual([]);
  running = await start();
});

it('does without a nats-server, and says so', async () => {
  expect(await running.stop()).toBe(0);
  await rm(join(folder, 'nats.conf'), { force: true });
  env = { ...env, GATEHOUSE_BROKER: 'embedded' };
  running = await start();

  expect(running.output()).toMatch(/embedded broker.*; for trying out only$/m);
  expect(await readdir(folder)).not.toContain('nats.conf');
  expect((await logIn(printedPassword)).body).toMatchObject({ to: '/' });
  env = { ...env, GATEHOUSE_BROKER: 'other' };
  await expect(start()).rejects.toThrow('GATEHOUSE_BROKER: "embedded" or nothing, not "other"');
});

async function childrenOf(pid: number): Promise<number[]> {
  return (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ').map(Number);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
