import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { appendFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv, promisify } from 'node:util';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { startProxy } from '../faults/haproxy.js';
import { blueprint, userEntry } from '../support/blueprints.js';
import { Browser } from '../support/browser.js';
import { createCertificate } from '../support/certificate.js';
import { runCliOk } from '../support/commands.js';
import { DocumentedCommands } from '../support/documented-commands.js';
import { HttpsVisitor } from '../support/https-visitor.js';
import { describeWithNats } from '../support/nats.js';
import { startOwnPostgres } from '../support/own-postgres.js';
import { onServer } from '../support/postgres-databases.js';
import { type Environment, freePort, type RunningProcess, startProcess } from '../support/processes.js';
import { hasProxy } from '../support/reverse-proxy.js';
import { readEnvironmentFile, readUnit, type UnitStart } from '../support/systemd-unit.js';
import { TutorialFolder } from '../support/tutorial.js';
import { SERVICES } from './catalogue.js';
import { readCompose } from './compose.js';
import { freshEnvironment } from './env-file.js';
import { isInstalled } from './installed.js';

const run = promisify(execFile);
const page = DocumentedCommands.of('docs/how-to/run-on-hosts.md');
const UNIT = 'deploy/systemd/gatehouse@.service';
const FLOW = 'default-authentication-flow';
const HOST = 'id.example.org';
/** Timeout in milliseconds of tests that start several processes, on a loaded machine. */
const START_TIMEOUT_MS = 90_000;
/** The services that a login needs. */
const LOGIN = ['gateway', 'identification', 'password', 'session'];

/** A checkout in a temporary folder, which also contains the folder /etc/gatehouse of the page. */
let checkout: TutorialFolder;
let postgres: Awaited<ReturnType<typeof startOwnPostgres>>;
/** For each port on the page, the free port that replaces it. */
const ports = new Map<string, string>();
const running = new Map<string, RunningProcess>();

const localize = (text: string) =>
  text.replaceAll('/opt/gatehouse', checkout.path).replaceAll('/etc/gatehouse', join(checkout.path, 'etc'));
const environmentFile = (name: string) => join(checkout.path, 'etc', `${name}.env`);
const readEnvironment = async (name: string) => parseEnv(await readFile(environmentFile(name), 'utf8'));
const operatorEnvironment = async () => (await readEnvironment('operator')) as Environment;

/** Runs a block of the page in the checkout. */
async function follow(pattern: RegExp): Promise<string> {
  const script = `set -euo pipefail\n${localize(page.block('sh', pattern))}`;
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], npm_config_update_notifier: 'false' };
  return (await run('bash', ['--norc', '-c', script], { cwd: checkout.path, env })).stdout;
}

/** Gives the processes free ports instead of those of the page. */
async function useFreePorts(): Promise<void> {
  const names = (await readdir(join(checkout.path, 'etc'))).filter((name) => name !== 'settings.env');
  for (const name of names.map((file) => environmentFile(file.replace(/\.env$/, '')))) {
    let text = await readFile(name, 'utf8');
    for (const [line, port = ''] of text.matchAll(/^(?:MONITORING_PORT|PORT)=(\d+)$/gm)) {
      if ([...ports.values()].includes(port)) continue;
      if (!ports.has(port)) ports.set(port, String(await freePort()));
      text = text.replace(line, line.replace(port, ports.get(port)!));
    }
    await writeFile(name, text);
  }
}

async function start(name: string, ready: RegExp, { program, args, env }: UnitStart): Promise<void> {
  const [first = '', ...rest] = args;
  running.set(name, await startProcess(first, env, { ready, program, args: rest }));
}

/** Starts instances of services as the systemd unit does. Resolves when they are ready. */
async function startUnits(...instances: readonly string[]): Promise<void> {
  const text = readFileSync(UNIT, 'utf8');
  await Promise.all(
    instances.map((instance) => {
      const unit = readUnit(text, instance, localize);
      const [options = '', entry = ''] = unit.args;
      const args = [options, join(unit.folder, entry)];
      return start(instance, /"serving"/, { ...unit, args, program: process.execPath });
    }),
  );
}

const gatewayUrl = (port = '9000') => `http://127.0.0.1:${ports.get(port)}`;

async function logIn(url: string): Promise<unknown> {
  const browser = new Browser(url);
  await browser.solve(FLOW, { uid_field: 'alice' });
  await browser.solve(FLOW, { password: 'correct-horse-7' });
  return (await browser.fetch('/api/v3/core/users/me/')).body;
}
const ALICE = { user: { username: 'alice' } };

describeWithNats('docs/how-to/run-on-hosts.md', () => {
  beforeAll(async () => {
    checkout = await TutorialFolder.open();
    await follow(/^mkdir/);
    const { POSTGRES_PASSWORD = '' } = await readEnvironment('settings');
    postgres = await startOwnPostgres({ password: 'of-the-superuser' });
    const statements = page
      .block('sql', /CREATE ROLE/, { '…': POSTGRES_PASSWORD })
      .trim()
      .split('\n');
    for (const sql of statements) await onServer(postgres.url, (client) => client.query(sql));
  });
  afterAll(async () => {
    await Promise.all([...running.values()].map((process) => process.stop()));
    await postgres?.stop();
    await checkout?.remove();
  });

  it('has commands that start the services, so that a user can log in', { timeout: START_TIMEOUT_MS }, async () => {
    // The ports of the page may be taken on this machine.
    const [nats, monitoring] = [await freePort(), await freePort()];
    const settings = await readFile(environmentFile('settings'), 'utf8');
    const local = settings.replace(':4222', `:${nats}`).replace(`https://${HOST}`, 'http://127.0.0.1');
    const addresses = `127.0.0.1:${nats}\nNATS_HTTP=127.0.0.1:${monitoring}\nNATS_STORE=${checkout.path}/js\n`;
    // Lets gateways stop at once, because no proxy still sends them requests.
    const more = `DATABASE_PORT=${new URL(postgres.url).port}\nSHUTDOWN_DELAY_S=0\n`;
    await writeFile(environmentFile('settings'), `${local}NATS_LISTEN=${addresses}${more}`);
    await run(process.execPath, ['tools/deploy-hosts.mjs', join(checkout.path, 'etc')]);
    await useFreePorts();

    const dropIn = readUnit(page.block('ini', /nats-server -c/), '', localize);
    await start('nats', /Server is ready/, { ...dropIn, program: inject('natsServer') });
    expect(await follow(/operate migrate/)).toMatch(/migrated: [^]*roles: [^]*created/);
    await appendFile(join(checkout.path, 'alice.yaml'), blueprint(userEntry('alice')));
    await runCliOk('blueprint', ['apply', join(checkout.path, 'alice.yaml')], { env: await operatorEnvironment() });
    await startUnits(...LOGIN);
    expect(await logIn(gatewayUrl())).toMatchObject(ALICE);

    const ready = (await follow(/health\/ready.*\n *done/)).split('\n');
    expect(ready).toContain(page.block('text', /^gateway:/).trim());
    expect(ready.filter((line) => line.endsWith('{"status":"ok"}'))).toHaveLength(LOGIN.length);
  });

  it('has second instances that replace stopped ones, also behind the proxy of the page', {
    timeout: START_TIMEOUT_MS,
  }, async ({ skip }) => {
    await follow(/deploy:hosts .*password-2/);
    await useFreePorts();
    await startUnits('password-2', 'gateway-2');
    for (const name of ['password', 'gateway']) {
      expect(await running.get(name)!.stop()).toBe(0);
      running.delete(name);
    }
    expect(await logIn(gatewayUrl('9001'))).toMatchObject(ALICE);

    skip(!hasProxy('haproxy') && !process.env['CI'], 'haproxy is not installed');
    const { cert, key } = createCertificate(2, [HOST]);
    await writeFile(join(checkout.path, 'site.pem'), `${cert}${key}`);
    const port = await freePort();
    const proxy = await startProxy(
      page.block('haproxy', /^defaults/, {
        ':443 ssl crt /etc/haproxy/id.example.org.pem': `127.0.0.1:${port} ssl crt ${checkout.path}/site.pem`,
        '127.0.0.1:9000': new URL(gatewayUrl()).host,
        '127.0.0.1:9001': new URL(gatewayUrl('9001')).host,
      }),
      {},
    );
    const show = () => new HttpsVisitor(port, cert).send(HOST, `/api/v3/flows/executor/${FLOW}/?query=`);
    // The proxy may not listen yet, and first finds out which gateway is ready.
    await expect.poll(() => show().catch(String)).toMatchObject({ status: 200 });
    expect((await show()).text).toContain('ak-stage-identification');
    await proxy.stop();
  });

  it('has a gateway that stays ready and responds 503 with Retry-After while a stage has no instance', {
    timeout: START_TIMEOUT_MS,
  }, async () => {
    running.get('password-2')!.kill();
    await running.get('password-2')!.gone;
    running.delete('password-2');
    const browser = new Browser(gatewayUrl('9001'));
    await browser.show(FLOW);
    const { status, headers } = await browser.solve(FLOW, { uid_field: 'alice' });
    expect([status, headers.get('retry-after')]).toEqual([503, '1']);
    expect((await browser.fetch('/-/health/ready/')).status).toBe(200);
    await startUnits('password');
    expect((await browser.show(FLOW)).body).toMatchObject({ pending_user: 'alice' });
    expect((await browser.solve(FLOW, { password: 'correct-horse-7' })).body).toMatchObject({ to: '/' });
  });

  it('gives each service only the secrets in its row of the table', async () => {
    const rows = [
      ...readFileSync('docs/how-to/run-on-hosts.md', 'utf8').matchAll(/^\| `(\w+)` \| (.*) \| (.*) \| (\d+) \|$/gm),
    ];
    expect(new Set(rows.map(([, service]) => service))).toEqual(new Set(SERVICES));
    const optional = { PSEUDONYM_KEY: 'p', SIGNAL_TRANSMITTERS: '[]', MAIL_PASSWORD: 'm', WEBHOOKS: '[]' };
    const all = { ...(await freshEnvironment()), ...optional };
    await writeFile(
      environmentFile('settings'),
      Object.entries(all)
        .map((line) => `${line.join('=')}\n`)
        .join(''),
    );
    await run(process.execPath, ['tools/deploy-hosts.mjs', join(checkout.path, 'etc')]);
    const containers = readCompose(all);
    for (const [, service = '', secrets = '', role = '', port] of rows) {
      const env = await readEnvironment(service);
      const { BASE_URL: _, SERVICE, MONITORING_PORT, PORT: __, ...own } = env;
      expect([SERVICE, MONITORING_PORT]).toEqual([service, port]);
      const named = [...secrets.matchAll(/\w+/g)].map(([name]) => name);
      const database = /`(\w+)`/.exec(role)?.[1];
      expect(own).toEqual({
        ...Object.fromEntries(named.map((name) => [name, all[name as keyof typeof all]])),
        NATS_NKEY_SEED: all[`NATS_NKEY_SEED_${service.toUpperCase()}` as keyof typeof all],
        ...(database && {
          DATABASE_USER: database,
          DATABASE_PASSWORD: all[`DATABASE_PASSWORD_${service.toUpperCase()}` as keyof typeof all],
        }),
      });
      const { environment = {} } = containers[service]!;
      for (const name of named) expect(environment[name]).toBe(own[name]);
    }
  });

  it('has a command that writes special characters so that systemd and Node read the same values', async () => {
    const values = {
      ...{ MAIL_PASSWORD: 'a\\b#c"d', BRAND: 'Example #1', MAIL_NAME: '"in quotes"', FOOTER: "Ann's #1" },
      ...{ SITE: "'90s shop", SLOGAN: '"Fresh" every day' },
      WEBHOOKS: '[{"name":"a","url":"https://siem.example.org/\\u00e4?b=c d"}]',
    };
    const lines = Object.entries({ ...(await freshEnvironment()), ...values }).map((line) => `${line.join('=')}\n`);
    const deploy = async (...more: string[]) => {
      await writeFile(environmentFile('settings'), [...lines, ...more].join(''));
      await run(process.execPath, ['tools/deploy-hosts.mjs', join(checkout.path, 'etc')]);
    };
    const refusal = /settings\.env: MAIL_PASSWORD has an apostrophe besides a backslash/;
    await expect(deploy("MAIL_PASSWORD=a'b\\c\n")).rejects.toThrow(refusal); // not-a-secret
    await expect(deploy('MAIL_PASSWORD="a\\"b"\n')).rejects.toThrow(/MAIL_PASSWORD is in quotes/); // not-a-secret
    await deploy();
    const text = await readFile(environmentFile('courier'), 'utf8');
    const expected = { ...values, MAIL_NAME: 'in quotes' };
    expect([readEnvironmentFile(text), parseEnv(text)]).toMatchObject([expected, expected]);
  });

  it('has a valid configuration of a NATS cluster for hosts', async () => {
    const env = { ...(await freshEnvironment()), NATS_SERVER_NAME: 'a', NATS_ROUTES: '["nats://127.0.0.1:6222"]' };
    const host = { NATS_LISTEN: '127.0.0.1:4222', NATS_HTTP: '127.0.0.1:8222', NATS_STORE: checkout.path };
    const { stderr } = await run(inject('natsServer'), ['-t', '-c', 'deploy/nats/host-cluster.conf'], {
      env: { ...env, ...host },
    });
    expect(stderr).toContain('is valid');
  });

  it('has a command that reports an instance without a service and a folder without secrets', async () => {
    const deploy = (...args: string[]) => run(process.execPath, ['tools/deploy-hosts.mjs', ...args]);
    await expect(deploy(join(checkout.path, 'etc'), 'nope')).rejects.toThrow(/nope is no instance of a service/);
    await expect(deploy(join(checkout.path, 'docs'))).rejects.toThrow(/has no SEAL_KEYS. Make it with/);
    await expect(deploy()).rejects.toThrow(/usage: npm run deploy:hosts/);
  });
});

it.skipIf(!isInstalled('systemd-analyze'))('systemd accepts the unit gatehouse@.service', async () => {
  const { stdout, stderr } = await run('systemd-analyze', ['verify', UNIT]);
  expect(stdout + stderr).toBe('');
});
