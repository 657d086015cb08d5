import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, flowEntries, IDENTIFICATION, keyOf, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import type { Browser } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { DocumentedCommands } from '../support/documented-commands.js';
import { InteractiveCommand } from '../support/interactive-command.js';
import { clientEntries, OauthDevice } from '../support/oauth-device.js';
import { shownOutput } from '../support/transcript.js';

const SCRIPT = 'examples/command-line/login-with-device-code.mjs';
const AUTHORIZING = { designation: 'authorization', authentication: 'require_authenticated' };
const MINUTES = { access_code_validity: 'minutes=5' };

let deployment: Deployment;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-command-'));
  deployment = await Deployment.open({
    alone: ['consent'],
    blueprints: [
      blueprint(
        ...[userEntry('alice'), userEntry('bob')],
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        flowEntries('code', [], { designation: 'stage_configuration', authentication: 'require_authenticated' }),
        flowEntries('consent', [{ stage: 'consent.consentstage' }], AUTHORIZING),
        ...['cli', 'again', 'slow', 'other'].map((name) => clientEntries(name, { flow: 'consent', attrs: MINUTES })),
        clientEntries('flash', { flow: 'consent', attrs: { access_code_validity: 'seconds=0' } }),
        clientEntries('brief', { flow: 'consent', attrs: { ...MINUTES, access_token_validity: 'seconds=0' } }),
        {
          model: 'authentik_brands.brand',
          identifiers: { domain: 'authentik-default' },
          attrs: { default: true, flow_device_code: keyOf('code') },
        },
      ),
    ],
    services: ['identification', 'password', 'session', 'consent'],
    gateway: { DEVICE_CODE_RATE: '40' },
  });
});
afterAll(async () => {
  await deployment?.close();
  await rm(folder, { recursive: true });
});

const issuerOf = (application: string) => `${deployment.url}/application/o/${application}/`;
const run = (client: string, name: string) =>
  new InteractiveCommand([
    ...[SCRIPT, '--issuer', issuerOf(client), '--client-id', client, '--folder', join(folder, name)],
  ]);
const storedIn = (name: string) => readdir(join(folder, name));
async function store(name: string, text: string, { mode = 0o600, folderMode = 0o700 } = {}) {
  await mkdir(join(folder, name));
  await chmod(join(folder, name), folderMode);
  await writeFile(join(folder, name, 'token.json'), text, { mode });
}
const shownCode = async (command: InteractiveCommand) => (await command.says(/enter the code (\d{9})/))[1]!;
/** Expects that a command shows a code, because it has found no token that it may use. Then stops the command. */
async function expectCodeAndStop(command: InteractiveCommand) {
  await shownCode(command);
  command.signal('SIGINT');
  expect(await command.exit).toBe(130);
  expect(command.output).toContain('Stopped.');
}

async function loggedIn(name = 'alice'): Promise<Browser> {
  const browser = deployment.browser().complete();
  await browser.solve('login', { uid_field: name });
  await browser.solve('login', { password: 'correct-horse-7' });
  return browser;
}
/** Opens the link with a code in the browser of a user, and consents. */
async function approve(code: string) {
  const browser = await loggedIn();
  await browser.fetch(`/device?code=${code}`);
  const { body } = await browser.show('consent');
  expect(body['header_text']).toContain(`shows the code ${code}.`);
  const { body: end } = await browser.solve('consent', { component: 'ak-stage-consent', token: body['token'] });
  expect(end).toMatchObject({ approved: true });
}

describe.concurrent('login-with-device-code.mjs', { timeout: 90_000 }, () => {
  it('shows a code, waits for the consent, stores the token in a private file, and shows who logged in', async () => {
    const command = run('cli', 'new/folder');
    const [shown, code = ''] = await command.says(/Open \S+\/device in a browser, and enter the code (\d{9})/);
    expect(shown).toContain(`Open ${deployment.url}/device in`);
    await command.says(new RegExp(`Or open ${deployment.url}/device\\?code=${code}`));
    await approve(code);
    expect(await command.exit).toBe(0);
    expect(JSON.parse(command.stdout)).toMatchObject({ preferred_username: 'alice', email: 'alice@example.org' });

    const modes = ['new/folder', 'new/folder/token.json'].map(async (path) => (await stat(join(folder, path))).mode);
    expect((await Promise.all(modes)).map((mode) => mode & 0o777)).toEqual([0o700, 0o600]);
    expect(await storedIn('new/folder')).toEqual(['token.json']);
    const { access_token: token = '' } = JSON.parse(await readFile(join(folder, 'new/folder/token.json'), 'utf8')) as {
      access_token?: string;
    };
    expect(token.length).toBeGreaterThan(20);
    expect(command.output + command.args.join()).not.toContain(token);
    expect(command.output).not.toMatch(/device_code|access_token/);
  });

  it('uses the stored token without a login, until the server does not accept it any more', async () => {
    const first = run('again', 'again');
    await approve(await shownCode(first));
    expect(await first.exit).toBe(0);
    const second = run('again', 'again');
    expect(await second.exit).toBe(0);
    expect(second.output).toBe(first.stdout);
    await deployment.rows(`DELETE FROM consent.access_tokens WHERE client_id = 'again'`);
    await expectCodeAndStop(run('again', 'again'));
  });

  it('waits longer when the server says slow_down', async () => {
    const command = run('slow', 'slow');
    const code = await shownCode(command);
    const later = `next_poll_at = now() + interval '9 s'`;
    await deployment.rows(`UPDATE consent.device_codes SET ${later} WHERE client_id = 'slow'`);
    await command.says(/The server asks for fewer requests. Asking again in 10 s/);
    const before = Date.now();
    await approve(code);
    expect(await command.exit).toBe(0);
    expect(Date.now() - before).toBeGreaterThan(9000);
  });

  it('tells its user that the login was refused in the browser, and stores nothing', async () => {
    const command = run('cli', 'refused');
    const browser = await loggedIn('bob');
    await browser.fetch(`/device?code=${await shownCode(command)}`);
    await browser.fetch('/flows/-/cancel/');
    expect(await command.exit).toBe(1);
    expect(command.output).toContain('The login was refused in the browser');
    expect(await storedIn('refused')).toEqual([]);
  });

  it('tells its user that the code has expired', async () => {
    const command = run('flash', 'expired');
    expect(await command.exit).toBe(1);
    expect(command.output).toContain('The code has expired. Run the command again.');
  });

  it('tells its user that the token expired before it was used', async () => {
    const command = run('brief', 'brief');
    await approve(await shownCode(command));
    expect(await command.exit).toBe(1);
    expect([command.stdout, command.output]).toEqual(['', expect.stringContaining('The login has ended already.')]);
  });

  it('shows no control characters of a server, and follows no redirect', async () => {
    const server = createServer(({ url }, response) => {
      if (url?.startsWith('/moved'))
        response.writeHead(302, { location: '/evil/.well-known/openid-configuration' }).end();
      else response.end(JSON.stringify({ issuer: '\u001b[2Jevil\u009b' }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    for (const [path, message] of [
      ['evil', /is the issuer {2}\[2Jevil , not/],
      ['moved', /no application at .* \(status 302\)/],
    ] as const) {
      const options = ['--issuer', `${base}/${path}/`, '--client-id', 'cli', '--folder', join(folder, 'reasons')];
      const command = new InteractiveCommand([SCRIPT, ...options]);
      expect(await command.exit).toBe(1);
      expect(command.output).toMatch(message);
      for (const character of ['\u001b', '\u009b']) expect(command.output).not.toContain(character);
    }
    server.close();
    server.closeAllConnections();
  });

  it('ends by Ctrl-C, and stores nothing', async () => {
    await expectCodeAndStop(run('cli', 'stopped'));
    expect(await storedIn('stopped')).toEqual([]);
  });

  it('sends a stored token only to its issuer and for its client, and ignores a damaged file', async () => {
    const command = run('other', 'other');
    await approve(await shownCode(command));
    expect(await command.exit).toBe(0);
    const path = join(folder, 'other/token.json');
    const text = await readFile(path, 'utf8');
    for (const [part, wrong] of [
      [issuerOf('other'), 'https://other.example/'],
      ['"clientId":"other"', '"clientId":"cli"'],
      ['}', ''],
    ] as const) {
      expect(text).toContain(part);
      await writeFile(path, text.replace(part, wrong));
      await expectCodeAndStop(run('other', 'other'));
    }
  });

  it('refuses a folder that other users can change, and a file that they can read', async () => {
    await store('open', '{}', { folderMode: 0o777 });
    await store('readable', '{}', { mode: 0o644 });
    for (const [name, message] of [
      ['open', /Other users can change the folder .*chmod 700/],
      ['readable', /Other users can read .*token.json. Delete it/],
    ] as const) {
      const command = run('cli', name);
      expect(await command.exit).toBe(1);
      expect(command.output).toMatch(message);
    }
  });

  it.each([
    ['an unknown application', [issuerOf, 'nothing', 'cli'], /There is no application at .* \(status 404\)/],
    ['an unknown client', [issuerOf, 'cli', 'nobody'], /does not know this client id/],
    [
      'another host name of the server',
      [(name: string) => issuerOf(name).replace('127.0.0.1', 'localhost'), 'cli', 'cli'],
      /is the issuer .*127\.0\.0\.1.*, not .*localhost/,
    ],
    [
      'plain http',
      [(name: string) => `http://login.invalid/application/o/${name}/`, 'cli', 'cli'],
      /must be an https address/,
    ],
  ] as const)('refuses %s with the reason', async (_, [addressOf, application, client], message) => {
    const command = new InteractiveCommand([
      ...[SCRIPT, '--issuer', addressOf(application), '--client-id', client, '--folder', join(folder, 'reasons')],
    ]);
    expect(await command.exit).toBe(1);
    expect(command.output).toMatch(message);
  });

  it('explains its usage for wrong arguments, and does not repeat them', async () => {
    for (const args of [['--password=geheim'], ['geheim'], []]) {
      const command = new InteractiveCommand([SCRIPT, ...args]);
      expect(await command.exit).toBe(2);
      expect(command.output).toMatch(/Usage: node login-with-device-code.mjs --issuer ADDRESS/);
      expect(command.output).not.toContain('geheim');
    }
  });

  it('logs in with the blueprint and the command of docs/how-to/log-in-from-a-command-line.md', async () => {
    const page = DocumentedCommands.of('docs/how-to/log-in-from-a-command-line.md');
    await deployment.apply(page.block('yaml', /oauth2provider/));
    const names = { 'https://login.example.org': deployment.url, '~/.config/acme': join(folder, 'documented') };
    const text = page.block('sh', /^node login-with-device-code/, names);
    const command = new InteractiveCommand(['-c', text], { program: 'bash', cwd: 'examples/command-line' });
    const browser = await loggedIn();
    await browser.fetch(`/device?code=${await shownCode(command)}`);
    const { body } = await browser.show('authorize-acme');
    await browser.solve('authorize-acme', { component: 'ak-stage-consent', token: body['token'] });
    expect(await command.exit).toBe(0);
    expect(JSON.parse(command.stdout)).toMatchObject({ preferred_username: 'alice' });
    const shown = page.block('text', /^Open /, {
      'https://login.example.org': deployment.url,
      '/home/alice/.config/acme': join(folder, 'documented'),
      Alice: 'alice',
    });
    expect(command.output).toMatch(shownOutput(shown));
  });
});

describe('login-with-device-code.mjs, while the server is down or busy,', () => {
  it('continues when a service is back', async () => {
    const command = run('cli', 'back');
    const code = await shownCode(command);
    await deployment.stop('consent');
    await command.says(/The server is away. Asking again in 10 s/);
    await deployment.start('consent');
    await approve(code);
    expect(await command.exit).toBe(0);
  });

  it('ends when its code expires, and retries while it has no code yet', async () => {
    const command = run('flash', 'away');
    await shownCode(command);
    await deployment.stop('gateway');
    expect(await command.exit).toBe(1);
    expect(command.output).toContain('The code has expired.');
    const early = run('cli', 'early');
    await early.says(/The server is away. Trying again in 2 s/);
    early.signal('SIGINT');
    expect(await early.exit).toBe(130);
    await deployment.openGateway();
  });

  it('says when to try again after too many codes for its network', async () => {
    const device = new OauthDevice(deployment);
    while ((await device.post('device', { client_id: 'cli' })).status !== 429);
    const command = run('cli', 'limited');
    expect(await command.exit).toBe(75);
    expect(command.output).toMatch(/Too many requests came from this network. Try again in \d+ s/);
  });
});
