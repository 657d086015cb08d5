import { cp, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateSync, ScureBase32Plugin } from 'otplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installPacked, type ScratchProject } from '../packages/packed.js';
import {
  blueprint,
  conditionEntry,
  DUMMY,
  flowEntries,
  groupEntry,
  IDENTIFICATION,
  keyOf,
  LOGIN,
  LOGOUT,
  PASSWORD,
  userEntry,
} from '../support/blueprints.js';
import { Browser, usernameOf } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { DocumentedCommands } from '../support/documented-commands.js';
import { InteractiveCommand } from '../support/interactive-command.js';
import { describeWithPython } from '../support/python.js';

const SCRIPT = 'login-without-browser.mjs';
const RIGHT = 'correct-horse-7';
const APP = { stage: 'authenticator_totp.authenticatortotpstage', attrs: { digits: 6, configure_flow: keyOf('app') } };
const CODES = { stage: 'authenticator_static.authenticatorstaticstage' };
const VALIDATE = {
  stage: 'authenticator_validate.authenticatorvalidatestage',
  attrs: { device_classes: ['totp', 'static'], not_configured_action: 'skip' },
};
const MEMBERS = { designation: 'stage_configuration', authentication: 'require_authenticated' };

let deployment: Deployment;
let project: ScratchProject;
beforeAll(async () => {
  [project, deployment] = await Promise.all([
    installPacked(),
    Deployment.open({
      alone: ['password'],
      blueprints: [
        blueprint(
          ...['alice', 'bob', 'carol', 'dave', 'erin'].map((name) => userEntry(name)),
          groupEntry('staff', {}),
          flowEntries('default-authentication-flow', [IDENTIFICATION, PASSWORD, VALIDATE, LOGIN]),
          flowEntries('default-invalidation-flow', [LOGOUT], { designation: 'invalidation' }),
          flowEntries('quiz', [IDENTIFICATION, DUMMY, LOGIN]),
          flowEntries('staff-only', [IDENTIFICATION, LOGIN], { denied_action: 'message' }),
          conditionEntry('staff-only', 'group staff'),
          flowEntries('app', [APP], MEMBERS),
          flowEntries('codes', [CODES], MEMBERS),
        ),
      ],
      services: ['identification', 'password', 'session', 'mfa'],
    }),
  ]);
  await cp('examples/command-line', project.folder, { recursive: true });
});
afterAll(async () => {
  await deployment?.close();
  await project?.remove();
});

const folderOf = (name: string) => join(project.folder, 'sessions', name);
const argsOf = (name: string, ...more: string[]) => [
  SCRIPT,
  '--server',
  deployment.url,
  '--folder',
  folderOf(name),
  ...more,
];
const run = (name: string, ...more: string[]) => new InteractiveCommand(argsOf(name, ...more), { cwd: project.folder });
/** Runs the command with all answers on standard input. */
function runWith(lines: readonly string[], name: string, ...more: string[]) {
  const command = run(name, ...more);
  for (const line of lines) command.write(line);
  command.endInput();
  return command;
}
const usernameIn = ({ stdout }: InteractiveCommand) => (JSON.parse(stdout) as { username: string }).username;
type Cookies = Readonly<Record<string, { readonly value: string }>>;
const cookiesOf = async (name: string) =>
  (JSON.parse(await readFile(join(folderOf(name), 'session.json'), 'utf8')) as { cookies: Cookies }).cookies;

async function loggedIn(name: string): Promise<Browser> {
  const browser = deployment.browser();
  await browser.solve('default-authentication-flow', { uid_field: name });
  await browser.solve('default-authentication-flow', { password: RIGHT });
  return browser;
}

describe('login-without-browser.mjs', () => {
  it('logs in with the lines of a pipe, and stores the session in private files', async () => {
    const command = runWith(['alice', RIGHT], 'piped');
    expect(await command.exit).toBe(0);
    expect(usernameIn(command)).toBe('alice');

    const modes = ['', 'session.json'].map(async (path) => (await stat(join(folderOf('piped'), path))).mode & 0o777);
    expect(await Promise.all(modes)).toEqual([0o700, 0o600]);
    expect(await readdir(folderOf('piped'))).toEqual(['session.json']);
    const secrets = [RIGHT, ...Object.values(await cookiesOf('piped')).map(({ value }) => value)];
    expect(secrets.length).toBeGreaterThan(2);
    for (const secret of secrets) expect(command.output + command.args.join()).not.toContain(secret);
  });

  it('shows that a password was wrong, and asks again', async () => {
    const command = run('again');
    await command.says(/Username or Email address: /);
    command.write('alice');
    await command.says(/Password: /);
    command.write('wrong');
    await command.says(/Invalid password\s+Password: /);
    command.write(RIGHT);
    expect(await command.exit).toBe(0);
    expect(command.output).not.toMatch(/wrong|correct-horse/);
  });

  it('ends when the server has refused five passwords', async () => {
    const command = runWith(['dave', ...Array<string>(6).fill('wrong')], 'refused');
    expect(await command.exit).toBe(1);
    expect(command.output.match(/Password: /g)).toHaveLength(5);
    expect(command.output).toContain('Too many wrong answers. Run the command again.');
    expect(await readdir(folderOf('refused'))).toEqual([]);
  });

  it('says which answer is missing when the input ends', async () => {
    const command = runWith(['alice'], 'ended');
    expect(await command.exit).toBe(1);
    expect(command.output).toContain('The input has ended, but the server asks for: Password.');
  });

  it('begins again when the login took too long', async () => {
    const command = run('slow');
    await command.says(/Email address: /);
    command.write('alice');
    await command.says(/Password: /);
    await deployment.rows('DELETE FROM flow.plans');
    command.write(RIGHT);
    await command.says(/The login took too long, and begins again.\s+Username or Email address: /);
    command.write('alice');
    await command.says(/Password: /);
    command.write(RIGHT);
    expect(await command.exit).toBe(0);
  });

  it('asks for the code of an app, and again after a wrong one', async () => {
    const browser = await loggedIn('bob');
    const { body } = await browser.show('app');
    const secret = new ScureBase32Plugin().decode(new URL(String(body['config_url'])).searchParams.get('secret') ?? '');
    const step = Math.floor(Date.now() / 30_000);
    const codeAt = (index: number) => generateSync({ secret, epoch: index * 30 });
    await browser.solve('app', { code: codeAt(step) });

    const command = run('app');
    await command.says(/: /);
    command.write('bob');
    await command.says(/Password: /);
    command.write(RIGHT);
    await command.says(/Code from your authenticator app: /);
    command.write(codeAt(step));
    await command.says(/Invalid Token.*\s+Code from your authenticator app: /);
    // Ends the delay after the wrong code. During the delay, a right code would count as wrong.
    await deployment.rows('DELETE FROM flow.attempts');
    command.write(codeAt(step + 1));
    expect(await command.exit).toBe(0);
    expect(usernameIn(command)).toBe('bob');
  });

  it('asks for a recovery code', async () => {
    const browser = await loggedIn('carol');
    const { codes } = (await browser.show('codes')).body as { codes: string[] };
    await browser.solve('codes', {});
    const command = runWith(['carol', RIGHT, codes[0]!], 'codes');
    expect(await command.exit).toBe(0);
    expect(command.output).toMatch(/Recovery code: /);
    expect(command.output).not.toContain(codes[0]);
  });

  it('prints the address to open for a step that it does not support', async () => {
    const command = runWith(['alice'], 'quiz', '--flow', 'quiz');
    expect(await command.exit).toBe(1);
    expect(command.output).toContain(
      `This step (ak-stage-dummy) needs a browser. Open ${deployment.url}/if/flow/quiz/ and log in there.`,
    );
  });

  it.each([
    ['the message of a flow that denies access', 'staff-only', /Flow does not apply to current user/],
    ['that there is no such flow', 'nothing', /Not found/i],
  ])('shows %s', async (_, flow, message) => {
    const command = runWith(['alice'], flow, '--flow', flow);
    expect(await command.exit).toBe(1);
    expect(command.output).toMatch(message);
  });

  it('reuses the session without questions, sends it to its own server only, and ends it by --log-out', async () => {
    expect(await runWith(['erin', RIGHT], 'out').exit).toBe(0);
    const again = runWith([], 'out');
    expect(await again.exit).toBe(0);
    expect([usernameIn(again), again.output]).toEqual(['erin', again.stdout]);
    const elsewhere = deployment.url.replace('127.0.0.1', 'localhost');
    const other = runWith([], 'out', '--server', elsewhere);
    expect(await other.exit).toBe(1);
    expect(other.output).toContain('The input has ended');

    const browser = deployment.browser();
    browser.plant((await cookiesOf('out'))['authentik_session']?.value);
    expect(await usernameOf(browser)).toBe('erin');
    const logout = runWith([], 'out', '--log-out');
    expect([await logout.exit, logout.stdout]).toEqual([0, 'Logged out.\n']);
    expect(await usernameOf(browser)).toBeUndefined();
    const after = runWith([], 'out');
    expect(await after.exit).toBe(1);
    expect(after.output).toContain('Username or Email address: ');
  });
});

it('the program of docs/how-to/write-a-client.md asks for username and password, reports a wrong password, and prints the username', async () => {
  const page = DocumentedCommands.of('docs/how-to/write-a-client.md');
  const program = page.block('js', /readline/, { 'https://login.example.org': deployment.url });
  await writeFile(join(project.folder, 'log-in.mjs'), program);
  await installCookieJar();
  const command = new InteractiveCommand(['log-in.mjs'], { cwd: project.folder });
  await command.says(/Username: /);
  command.write('alice');
  await command.says(/Password: /);
  command.write('not-the-password');
  await command.says(/password.*: /i);
  command.write(RIGHT);
  await command.says(/^Logged in as alice\.$/m);
  expect(await command.exit).toBe(0);
});

/** Installs the cookie jar of the example under the name of the package that the page installs from npm. */
async function installCookieJar() {
  const folder = join(project.folder, 'node_modules/tough-cookie');
  await mkdir(folder);
  await writeFile(
    join(folder, 'package.json'),
    '{ "name": "tough-cookie", "type": "module", "exports": "./index.js" }',
  );
  const url = JSON.stringify(deployment.url);
  const jar = `import { CookieJar as Jar } from '../../cookie-jar.mjs';
export class CookieJar extends Jar { constructor() { super(${url}); } }`;
  await writeFile(join(folder, 'index.js'), jar);
}

it('the commands of docs/how-to/log-in-from-a-command-line.md log in and out', async () => {
  const page = DocumentedCommands.of('docs/how-to/log-in-from-a-command-line.md');
  const names = { 'https://login.example.org': deployment.url, '~/.config/acme': folderOf('documented') };
  const runBlock = (pattern: RegExp) =>
    new InteractiveCommand(['-c', page.block('sh', pattern, names)], {
      ...{ program: 'bash', cwd: project.folder, env: { PASSWORD: RIGHT } },
    });
  const login = runBlock(/^printf/);
  expect([await login.exit, usernameIn(login)]).toEqual([0, 'alice']);
  const again = runBlock(/^node login-without-browser\.mjs (?!.*--log-out)/);
  expect([await again.exit, again.output]).toEqual([0, login.stdout]);
  const logout = runBlock(/--log-out/);
  expect([await logout.exit, logout.output]).toEqual([0, 'Logged out.\n']);
});

describeWithPython('login-without-browser.mjs on a terminal', () => {
  const PTY = 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))';
  const runOnTerminal = (name: string) =>
    new InteractiveCommand(['-c', PTY, process.execPath, ...argsOf(name)], { cwd: project.folder, program: 'python3' });

  it('shows the username that is typed, and never the password', async () => {
    const command = runOnTerminal('terminal');
    await command.says(/Email address: /);
    command.write('alice');
    await command.says(/Password: /);
    command.write('wrong-guess');
    await command.says(/Invalid password\s+Password: /);
    command.write(RIGHT);
    expect(await command.exit).toBe(0);
    expect(command.output).toContain('alice');
    expect(command.output).not.toMatch(/wrong-guess|correct-horse/);
  });

  it('ends by Ctrl-C and by Ctrl-D at a question', async () => {
    for (const [key, code] of [
      ['\u0003', 130],
      ['\u0004', 1],
    ] as const) {
      const command = runOnTerminal('keys');
      await command.says(/Email address: /);
      command.write('alice');
      await command.says(/Password: /);
      command.write(key);
      expect(await command.exit).toBe(code);
      expect(await readdir(folderOf('keys'))).toEqual([]);
    }
  });
});

describe('login-without-browser.mjs, while the server is down or busy,', () => {
  it('waits for a stage service, and asks again', async () => {
    const command = run('busy');
    await command.says(/: /);
    await deployment.stop('password');
    command.write('alice');
    await command.says(/The server is busy. Trying again in \d+ s/);
    await deployment.start('password');
    await command.says(/It is unknown whether the server got the answer. Answer again.\s+Password: /);
    command.write(RIGHT);
    expect(await command.exit).toBe(0);
  });

  it('waits for a gateway, and asks again', async () => {
    const command = run('away');
    await command.says(/: /);
    command.write('alice');
    await command.says(/Password: /);
    await deployment.stop('gateway');
    command.write(RIGHT);
    await command.says(/The server cannot be reached. Trying again in \d+ s/);
    await deployment.openGateway();
    await command.says(/Answer again.\s+Password: /);
    command.write(RIGHT);
    expect(await command.exit).toBe(0);
  });

  it('waits for a short rate limit, and says when to try again after a long one', async () => {
    const limits = (period: string) => ({ NEW_SESSION_RATE: '1', NEW_SESSION_RATE_PERIOD_S: period });
    const runAfterVisit = async (period: string) => {
      const server = await deployment.openAnotherGateway(limits(period));
      await new Browser(server).show('default-authentication-flow');
      return runWith(['alice', RIGHT], `limited-${period}`, '--server', server);
    };
    const waiting = await runAfterVisit('10');
    expect(await waiting.exit).toBe(0);
    expect(waiting.output).toMatch(/Too many requests came from this network. Trying again in \d+ s/);
    const refused = await runAfterVisit('600');
    expect(await refused.exit).toBe(75);
    expect(refused.output).toMatch(/Too many requests.*\(in \d+ s\)/);
  });
});
