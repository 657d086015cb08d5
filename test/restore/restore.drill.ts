import { randomUUID } from 'node:crypto';
import { DeviceRepository, MFA_SCHEMA } from '@gatehouse/authenticators';
import { openDataSource, Sealer } from '@gatehouse/platform';
import { generateSync } from 'otplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  blueprint,
  EMAIL,
  flowEntries,
  IDENTIFICATION,
  LOGIN,
  LOGOUT,
  PASSWORD,
  userEntry,
} from '../support/blueprints.js';
import { type Browser, usernameOf } from '../support/browser.js';
import { runCliOk } from '../support/commands.js';
import { Deployment } from '../support/deployment.js';
import { DocumentedCommands } from '../support/documented-commands.js';
import { Mailbox } from '../support/mailbox.js';
import { followLink } from '../support/mailed-links.js';
import { readMail } from '../support/read-mail.js';
import { ArchivedPostgres } from './archived-postgres.js';

const SERVICES = ['identification', 'password', 'session', 'enrollment', 'mfa', 'courier'] as const;
const USERS = ['alice', 'bob', 'carol', 'dave', 'erin'] as const;
type User = (typeof USERS)[number];
const CODES = { stage: 'authenticator_static.authenticatorstaticstage' };
const VALIDATE = {
  stage: 'authenticator_validate.authenticatorvalidatestage',
  attrs: { not_configured_action: 'deny' },
};
const WRONG_PASSWORDS = 5;
/** Seconds of a time step of the authenticator app, so long that a code stays valid for the whole drill. */
const STEP_S = 600;
const KEY = Buffer.alloc(20, 7);

let postgres: ArchivedPostgres;
let mailbox: Mailbox;
let deployment: Deployment;
/** The secrets that are used after the recovery point, with their user, by name. */
let secrets: Readonly<Record<string, { readonly user: User; readonly use: (browser: Browser) => Promise<unknown> }>>;
/** The time to which the server is restored. */
let recoveryPoint: string;
/** For each secret, `accepted` or `refused` for each time that the drill used it. */
const accepted: Record<string, string[]> = {};
let failures: number[] = [];

/** Answers with username and password, and then with a code of the second factor. */
const withCode = (uid_field: User, code: () => string) => async (browser: Browser) => {
  for (const answer of [{ uid_field }, { password: 'correct-horse-7' }, { code: code() }])
    await browser.solve('second', answer);
};
const currentCode = () => generateSync({ secret: KEY, epoch: Date.now() / 1000, period: STEP_S });

async function requestLink(nth: number) {
  await deployment.browser().solve('back', { uid_field: 'carol' });
  return readMail(await mailbox.mailTo('carol@example.org', nth)).query;
}

async function setUpCodes(): Promise<string[]> {
  const browser = deployment.browser();
  const { body } = await browser.solve('codes', { uid_field: 'alice' });
  await browser.solve('codes', {});
  return body['codes'] as string[];
}

async function addApp(): Promise<void> {
  const source = await openDataSource({ url: postgres.url, schema: MFA_SCHEMA, poolSize: 1 });
  const users = await source.query<[{ id: string }]>(`SELECT id FROM directory.users WHERE username = 'bob'`);
  const secret = { key: KEY.toString('hex'), digits: 6, step: STEP_S, t0: 0, tolerance: 1, drift: 0 };
  const devices = new DeviceRepository(source, new Sealer(deployment.sealing['MFA_SEAL_KEYS'] ?? ''));
  await devices.add({ id: randomUUID(), user: users[0].id, kind: 'totp', name: 'App', secret });
  await source.destroy();
}

async function logIn(username: User): Promise<Browser> {
  const browser = deployment.browser();
  await browser.solve('login', { uid_field: username });
  await browser.solve('login', { password: 'correct-horse-7' });
  return browser;
}

/** Uses every secret in a browser of its own, and returns those that logged their user in. */
async function useAll(): Promise<string[]> {
  const worked: string[] = [];
  for (const [name, { user, use }] of Object.entries(secrets)) {
    const browser = deployment.browser();
    await use(browser);
    const isAccepted = (await usernameOf(browser)) === user;
    if (isAccepted) worked.push(name);
    (accepted[name] ??= []).push(isAccepted ? 'accepted' : 'refused');
  }
  return worked;
}

/** Returns the number of counted wrong passwords of all users. */
async function countedFailures(): Promise<number> {
  const [row] = await deployment.rows<{ sum: number }>(
    `SELECT coalesce(sum(failures), 0)::int AS sum FROM flow.attempts WHERE credential = 'password'`,
  );
  return row!.sum;
}

async function stopAll(): Promise<void> {
  for (const name of ['gateway', ...SERVICES] as const) await deployment.stop(name);
}

async function startAll(): Promise<void> {
  await Promise.all([deployment.openGateway(), ...SERVICES.map((service) => deployment.start(service))]);
}

/** Stops all services, destroys the Postgres server, and restores it to the recovery point. */
async function loseAndRestore(): Promise<void> {
  await stopAll();
  await postgres.destroy();
  await postgres.restore(recoveryPoint);
}

beforeAll(async () => {
  postgres = await ArchivedPostgres.open(process.env['POSTGRES_BIN'] ?? '');
  mailbox = await Mailbox.open();
  await runCliOk('migrate', [], { env: { DATABASE_URL: postgres.url } });
  deployment = await Deployment.open({
    blueprints: [
      blueprint(
        ...USERS.map((user) => userEntry(user)),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        flowEntries('second', [IDENTIFICATION, PASSWORD, VALIDATE, LOGIN]),
        flowEntries('codes', [IDENTIFICATION, CODES], { designation: 'stage_configuration' }),
        flowEntries('back', [IDENTIFICATION, EMAIL, LOGIN], { designation: 'recovery' }),
        flowEntries('leave', [LOGOUT], { designation: 'invalidation' }),
      ),
    ],
    ...{ services: SERVICES, apart: 'all', database: { url: postgres.url, drop: () => postgres.close() } },
    environment: { ...mailbox.settings, EMAIL_RESEND_S: '0' },
    gateway: { NETWORK_ATTEMPTS_FREE: '1000' },
  });
  await addApp();
  const [code] = await setUpCodes();
  await postgres.backUp();
  // The base backup does not contain the changes that follow. The restore takes them from the archived log.
  const query = await requestLink(1);
  const erin = await logIn('erin');
  const session = erin.cookie();
  secrets = {
    'mailed link': { user: 'carol', use: (browser) => followLink(browser, 'back', query) },
    'recovery code': { user: 'alice', use: withCode('alice', () => code ?? '') },
    'code of an authenticator app': { user: 'bob', use: withCode('bob', currentCode) },
    'session, then logged out': { user: 'erin', use: async (browser) => browser.plant(session) },
  };
  const [row] = await deployment.rows<{ now: string }>('SELECT clock_timestamp()::text AS now');
  recoveryPoint = row!.now;
});
afterAll(async () => {
  const rows = Object.entries(accepted).map(([name, results]) => [name, ...results]);
  const table = [
    ['secret', 'first use', 'second use', 'restored', 'after the command'],
    ['---', '---', '---', '---', '---'],
    ...rows,
    ['counted wrong passwords', ...failures],
  ];
  process.stdout.write(`${table.map((row) => `| ${row.join(' | ')} |`).join('\n')}\n`);
  await deployment?.close();
  await mailbox?.close();
});

describe('a database that is restored to a time before its loss', () => {
  it('accepted each secret once before its loss', async () => {
    expect(await useAll()).toEqual(Object.keys(secrets));
    const erin = deployment.browser();
    await secrets['session, then logged out']!.use(erin);
    await erin.show('leave');
    failures = [await countedFailures()];
    for (let i = 0; i < WRONG_PASSWORDS; i++) {
      const browser = deployment.browser();
      await browser.solve('login', { uid_field: 'dave' });
      await browser.solve('login', { password: 'wrong' });
    }
    expect(await useAll()).toEqual([]);
    failures.push(await countedFailures());
    expect(failures).toEqual([0, WRONG_PASSWORDS]);
    await postgres.archived();
  });

  it('accepts all used secrets again, and has lost the count of wrong passwords', async () => {
    await loseAndRestore();
    await startAll();
    expect(await useAll()).toEqual(Object.keys(secrets));
    failures.push(await countedFailures());
    expect(failures.at(-1)).toBe(0);
  });

  it('refuses all used secrets after `npm run database -- after-restore`', async () => {
    await loseAndRestore();
    const page = DocumentedCommands.of('docs/how-to/back-up-and-restore.md').block('sh', /database -- after-restore/);
    const commands = [...page.matchAll(/^npm run database -- (.*?) *(?:#.*)?$/gm)].map(([, args = '']) =>
      args.split(' '),
    );
    const outputs: string[] = [];
    for (const args of commands) outputs.push(await deployment.command('database', ...args));
    process.stdout.write(outputs.join('\n'));
    const [dryRun, output] = outputs;
    expect(dryRun).toContain('directory.users: 5 users');
    expect(output).toMatch(/directory.users: 5 users.*flow.resume_tokens: deleted 1 .*mfa.devices: 1 /s);
    await startAll();
    expect(await useAll()).toEqual([]);
    failures.push(await countedFailures());
  });

  it('lets users log in with passwords, new mailed links and new recovery codes after that command', async () => {
    expect(await usernameOf(await logIn('dave'))).toBe('dave');
    const browser = deployment.browser();
    await followLink(browser, 'back', await requestLink(2));
    expect(await usernameOf(browser)).toBe('carol');
    await deployment.user(['remove-devices', 'alice']);
    await deployment.user(['unlock', 'alice']);
    const [code] = await setUpCodes();
    const alice = deployment.browser();
    await withCode('alice', () => code ?? '')(alice);
    expect(await usernameOf(alice)).toBe('alice');
  });
});
