import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, EMAIL, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { Browser } from '../support/browser.js';
import { Mailbox } from '../support/mailbox.js';
import { startNatsServer } from '../support/nats-server.js';
import { startOwnPostgres } from '../support/own-postgres.js';
import { boundEntry, expressionEntry, NO_PASSWORD_YET } from '../support/policy-entries.js';
import { type Account, MixedLoad, type Tally } from './mixed-load.js';
import { RotatingProxy } from './rotating-proxy.js';
import { Version } from './version.js';

/** Number of logins that finish in each phase. */
const LOGINS = 24;

const CODES = { stage: 'authenticator_static.authenticatorstaticstage', attrs: { token_count: 100 } };
const VALIDATE = {
  stage: 'authenticator_validate.authenticatorvalidatestage',
  attrs: { not_configured_action: 'deny' },
};
const names = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}-${i}`);
/** The users whom each client logs in one after the other. A user of the flow `factor` has 100 single-use codes. */
const CLIENTS = [names('ann', 8), names('ben', 8), names('cem', 8), ['dan'], ['eva']];
const HELD = ['held-ann', 'held-ben', 'held-dan', 'held-eva'];
const slugOf = (user: string) => (/dan|eva/.test(user) ? 'mailed' : 'factor');

const BLUEPRINT = blueprint(
  ...[...CLIENTS.flat(), ...HELD].map((user) => userEntry(user)),
  expressionEntry('no password yet', NO_PASSWORD_YET),
  flowEntries('enrol', [IDENTIFICATION, CODES], { designation: 'stage_configuration' }),
  flowEntries('factor', [IDENTIFICATION, PASSWORD, VALIDATE, LOGIN]),
  boundEntry('factor-1 bound', 'no password yet'),
  flowEntries('mailed', [IDENTIFICATION, EMAIL, LOGIN]),
);

/** Limits so high that none delays the load. All its logins come from one network. */
const NO_LIMITS = {
  ...{
    NETWORK_ATTEMPTS_FREE: '100000',
    NEW_SESSION_RATE: '100000',
    MAIL_REQUESTS_FREE: '1000',
    MAIL_PER_ADDRESS: '10000',
  },
  ...{ EMAIL_RESEND_S: '0', EMAIL_MAILS: '100', ANONYMOUS_RATE: '100000' },
};

let postgres: Awaited<ReturnType<typeof startOwnPostgres>>;
let nats: Awaited<ReturnType<typeof startNatsServer>>;
let mailbox: Mailbox;
let proxy: RotatingProxy;
let folder: string;
let old: Version;
let current: Version;
const gateways = { old: '', current: '' };
let load: MixedLoad;
let heldAccounts: Account[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-upgrade-'));
  [postgres, nats, mailbox, proxy] = await Promise.all([
    startOwnPostgres({ password: randomBytes(12).toString('hex') }),
    startNatsServer(process.env['NATS_SERVER'] ?? 'nats-server'),
    Mailbox.open(),
    RotatingProxy.open(),
  ]);
  const key = () => `drill:${randomBytes(32).toString('base64')}`;
  const environment = {
    ...{ NATS_URL: nats.url, BASE_URL: proxy.url, TRUSTED_PROXIES: '127.0.0.1', LOG_LEVEL: 'info' },
    ...{ SEAL_KEYS: key(), MFA_SEAL_KEYS: key(), SECRET_KEY: randomBytes(32).toString('hex') },
    ...{ GATEHOUSE_DIR: folder, UV_THREADPOOL_SIZE: '4', ...mailbox.settings, ...NO_LIMITS },
  };
  const surroundings = { databaseUrl: postgres.url, environment };
  old = new Version(process.env['UPGRADE_FROM_FOLDER'] ?? '', surroundings);
  current = new Version(process.cwd(), surroundings);

  await old.command('migrate');
  await old.command('roles');
  const file = join(folder, 'drill.yaml');
  await writeFile(file, BLUEPRINT);
  await old.command('blueprint', 'apply', file);
  await old.startServices();
  gateways.old = await old.startGateway();
  proxy.add(gateways.old);
  heldAccounts = await Promise.all(HELD.map(accountOf));
  const accounts = await Promise.all(CLIENTS.map((users) => Promise.all(users.map(accountOf))));
  load = new MixedLoad(proxy.url, mailbox, accounts);
});
afterAll(async () => {
  await load?.stop();
  await Promise.all([old?.stopAll(), current?.stopAll()]);
  await Promise.all([proxy?.close(), mailbox?.close(), nats?.stop()]);
  await postgres?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Returns the account of a user. Sets up static codes first if the flow of the user needs them. */
async function accountOf(user: string): Promise<Account> {
  const slug = slugOf(user);
  if (slug === 'mailed') return { slug, user, codes: [] };
  const browser = new Browser(proxy.url);
  const { body } = await browser.solve('enrol', { uid_field: user });
  await browser.solve('enrol', {});
  return { slug, user, codes: [...(body['codes'] as string[])] };
}

const print = (name: string, tally: Tally, ms: number) => {
  const { begun, finished, refused, startedOver, replacedCodes, lost } = tally;
  const logins = `${begun} begun, ${finished} finished, ${lost.length} lost, ${startedOver} started over`;
  const retries = `${refused} requests retried, ${replacedCodes} codes replaced`;
  process.stdout.write(`${name}: ${logins}, ${retries}, ${(ms / 1000).toFixed(1)} s\n`);
};

/** Changes the running versions while users log in, and waits for logins after the change. */
async function phase(name: string, change: () => Promise<unknown>): Promise<readonly string[]> {
  const start = performance.now();
  await change();
  const during = await load.finish(0);
  const after = await load.finish(LOGINS);
  const sum: Tally = {
    begun: during.begun + after.begun,
    finished: during.finished + after.finished,
    refused: during.refused + after.refused,
    startedOver: during.startedOver + after.startedOver,
    replacedCodes: during.replacedCodes + after.replacedCodes,
    lost: [...during.lost, ...after.lost],
  };
  print(name, sum, performance.now() - start);
  return sum.lost;
}
const held = (...users: string[]) =>
  Promise.all(heldAccounts.filter(({ user }) => users.includes(user)).map((account) => load.begin(account)));
const completed = (logins: readonly (() => Promise<string | undefined>)[]) => Promise.all(logins.map((end) => end()));

describe('an upgrade under load', () => {
  let onOld: Awaited<ReturnType<typeof held>>;
  let onCurrent: Awaited<ReturnType<typeof held>>;

  it('loses no login while only the old version runs', async () => {
    onOld = await held('held-ann', 'held-dan');
    expect(await phase('old version', async () => undefined)).toEqual([]);
  });
  it('loses no login while the new version migrates the database', async () => {
    const change = async () => {
      await expect(current.command('migrate', '--check')).rejects.toMatchObject({
        stdout: expect.stringMatching(/^missing: /),
      });
      process.stdout.write(`${await current.command('migrate')}\n`);
      await current.command('roles');
    };
    expect(await phase('migrate and roles', change)).toEqual([]);
  });
  it('loses no login while services of both versions run', async () => {
    expect(await phase('old and new services', () => current.startServices())).toEqual([]);
  });
  it('loses no login while the old gateway calls new services', async () => {
    expect(await phase('old gateway, new services', () => old.stopServices())).toEqual([]);
  });
  it('loses no login while gateways of both versions run', async () => {
    const change = async () => proxy.add((gateways.current = await current.startGateway()));
    expect(await phase('old and new gateway', change)).toEqual([]);
  });
  it('loses no login on the new version, which finishes logins that the old version began', async () => {
    const change = async () => {
      proxy.remove(gateways.old);
      await old.stopGateway();
    };
    expect(await phase('new version', change)).toEqual([]);
    expect(await completed(onOld)).toEqual([undefined, undefined]);
    onCurrent = await held('held-ben', 'held-eva');
  });

  it('loses no login when the old gateway is started again beside the new one', async () => {
    const change = async () => proxy.add((gateways.old = await old.startGateway()));
    expect(await phase('back: old and new gateway', change)).toEqual([]);
  });
  it('loses no login when the new gateway is stopped', async () => {
    const change = async () => {
      proxy.remove(gateways.current);
      await current.stopGateway();
    };
    expect(await phase('back: old gateway, new services', change)).toEqual([]);
  });
  it('loses no login after a rollback without migrations, and finishes logins that the new version began', async () => {
    const change = async () => {
      await old.startServices();
      await current.stopServices();
      await old.command('roles');
    };
    expect(await phase('back: old version', change)).toEqual([]);
    expect(await completed(onCurrent)).toEqual([undefined, undefined]);
    expect(await old.command('migrate')).toContain('nothing to migrate');
  });
  it('loses no login while a new gateway calls old services', async () => {
    const change = async () => {
      await current.command('roles');
      gateways.current = await current.startGateway();
      proxy.add(gateways.current);
      proxy.remove(gateways.old);
      await old.stopGateway();
    };
    expect(await phase('new gateway, old services', change)).toEqual([]);
  });
});
