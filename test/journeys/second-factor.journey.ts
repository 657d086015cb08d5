import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { hashPassword } from '@gatehouse/stages/password';
import { generateSync } from 'otplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportRows, LoadUsers } from '../../load/load-users.js';
import { blueprint, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { Deployment } from '../support/deployment.js';
import { recordedEvents } from '../support/recorded-events.js';

const run = promisify(execFile);

const CODES = { stage: 'authenticator_static.authenticatorstaticstage' };
const VALIDATE = {
  stage: 'authenticator_validate.authenticatorvalidatestage',
  attrs: { not_configured_action: 'deny', last_auth_threshold: 'hours=1' },
};
const WRONG = [
  { string: 'Invalid Token. Please ensure the time on your device is accurate and try again.', code: 'invalid' },
];

let deployment: Deployment;
let codes: string[];

/** The gateway trusts the tests as a proxy, so that they can use any client address. */
beforeAll(async () => {
  deployment = await Deployment.open({
    pgbouncer: true,
    blueprints: [
      blueprint(
        ...[userEntry('alice'), userEntry('bob'), userEntry('carol')],
        flowEntries('enrol', [IDENTIFICATION, CODES], { designation: 'stage_configuration' }),
        flowEntries('login', [IDENTIFICATION, VALIDATE, LOGIN]),
        flowEntries('behind', [IDENTIFICATION, PASSWORD, VALIDATE, LOGIN]),
      ),
    ],
    services: ['identification', 'mfa', 'password', 'session'],
    gateway: { TRUSTED_PROXIES: '127.0.0.1' },
  });
  const browser = deployment.browser();
  const setup = await browser.solve('enrol', { uid_field: 'alice' });
  codes = (setup.body as { codes: string[] }).codes;
  await browser.solve('enrol', {});
});
afterAll(() => deployment?.close());

/** Answers with a code in a new plan, from a client address. */
async function answerWith(
  code: string | undefined,
  address: string,
  { slug = 'login', password }: { slug?: string; password?: string } = {},
) {
  const browser = deployment.browser();
  const headers = { 'content-type': 'application/json', 'x-forwarded-for': address };
  const send = (body: object) =>
    browser.fetch(`/api/v3/flows/executor/${slug}/?query=`, { method: 'POST', headers, body: JSON.stringify(body) });
  await send({ uid_field: 'alice' });
  if (password !== undefined) await send({ password });
  return send({ code });
}
const resetAttempts = () => deployment.rows('DELETE FROM flow.attempts');
const countCodes = async () => (await deployment.rows('SELECT FROM mfa.codes')).length;

describe('a second factor', () => {
  it('is delayed by a hundred wrong codes in a hundred plans from fifty addresses, with unchanged responses (accidents 22, 34)', async () => {
    const answers = [];
    for (let i = 0; i < 100; i++) answers.push(await answerWith('bogus', `198.51.100.${(i % 50) + 1}`));
    expect(answers.map(({ status }) => status)).toEqual(Array(100).fill(200));
    const errors = answers.map(({ body }) => (body as { response_errors: unknown }).response_errors);
    expect(errors).toEqual(Array(100).fill({ code: WRONG }));

    // Each counted code doubles the time for which further codes are not judged.
    const [attempts] = await deployment.rows<{ failures: number }>(
      `SELECT failures FROM flow.attempts WHERE credential = 'static'`,
    );
    expect(attempts?.failures).toBeLessThan(20);
  });

  it('is locked by fifty wrong codes after a right password, with one event however many codes follow, until it is unlocked', async () => {
    await resetAttempts();
    const behind = { slug: 'behind', password: 'correct-horse-7' };
    await answerWith('bogus', '203.0.113.199', behind);
    await deployment.rows(`UPDATE flow.attempts SET failures = 49, free_at = now() WHERE credential = 'static proved'`);
    expect(await recordedEvents(deployment, 'login_locked')).toEqual([]);
    const events = () => deployment.rows(`SELECT topic FROM flow.outbox WHERE topic <> 'events.login_locked'`);
    await answerWith('bogus', '203.0.113.200', behind);
    const before = await events();
    for (let i = 0; i < 20; i++) await answerWith('bogus', '203.0.113.200', behind);
    expect(await recordedEvents(deployment, 'login_locked')).toMatchObject([
      {
        data: {
          ...{ outcome: 'refused', actor: { type: 'user', username: 'alice' }, user: { username: 'alice' } },
          context: { username: 'alice', credential: 'static', failures: 50 },
        },
      },
    ]);
    expect(await events()).toEqual(before);
    const refused = await answerWith(codes[0], '203.0.113.200', behind);
    expect(refused.body).toMatchObject({ response_errors: { code: WRONG } });

    expect(await deployment.user(['unlock', 'alice'])).toMatch(/static/);
    const response = await answerWith(codes[2], '203.0.113.201', behind);
    expect(response.body).toMatchObject({ component: 'xak-flow-redirect' });
    codes = codes.filter((code) => code !== codes[2]);
  });

  it('that is delayed refuses a right code without using it up, until the delay ends (accident 29)', async () => {
    await answerWith('bogus', '203.0.113.200');
    await deployment.rows(`UPDATE flow.attempts SET free_at = now() + interval '1 hour' WHERE credential = 'static'`);
    expect((await answerWith(codes[0], '203.0.113.201')).body).toMatchObject({ response_errors: { code: WRONG } });
    expect(await countCodes()).toBe(codes.length);

    await resetAttempts();
    const response = await answerWith(codes[0], '203.0.113.202');
    expect(response.body).toMatchObject({ component: 'xak-flow-redirect' });
    expect(await countCodes()).toBe(codes.length - 1);
    const [cookie] = response.setCookies.filter((line) => line.startsWith('authentik_mfa='));
    expect(cookie).toMatch(/^authentik_mfa=[\w-]+; Max-Age=3600; Path=\/; HttpOnly; SameSite=Lax$/);

    const returningBrowser = deployment.browser();
    returningBrowser.plant(/^authentik_mfa=([\w-]+)/.exec(cookie ?? '')?.[1], 'authentik_mfa');
    expect((await returningBrowser.solve('login', { uid_field: 'alice' })).body).toMatchObject({
      component: 'xak-flow-redirect',
    });
  });

  it('accepts a code once when several requests send it concurrently (accident 31)', async () => {
    await resetAttempts();
    const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => answerWith(codes[1], `203.0.113.${i + 1}`)));
    const components = answers.map(({ body }) => (body as { component: string }).component);
    expect(components.filter((component) => component === 'xak-flow-redirect')).toHaveLength(1);
  });
});

describe('an imported device', () => {
  it('logs its owner in, and is not changed by another import', async () => {
    const key = randomBytes(20);
    const fields = { user: 7, name: 'App', confirmed: true, key: key.toString('hex'), digits: 6, last_t: -1 };
    const lines = [
      { model: 'authentik_stages_authenticator_totp.totpdevice', pk: 3, fields },
      { model: 'authentik_core.user', pk: 7, fields: { username: 'bob' } },
    ];
    expect(await importFile('import-devices', lines)).toMatch(/^1 devices \(1 totp\) imported in [\d.]+ s$/);
    const code = generateSync({ secret: key, epoch: Date.now() / 1000 });
    const login = async () => {
      const browser = deployment.browser();
      await browser.solve('login', { uid_field: 'bob' });
      return (await browser.solve('login', { code })).body['component'];
    };
    expect(await login()).toBe('xak-flow-redirect');
    expect(await importFile('import-devices', lines)).toMatch(
      /^0 devices imported in [\d.]+ s\n1 devices exist already/,
    );
    expect(await login()).toBe('ak-stage-authenticator-validate');

    const invalidLine = { ...lines[0], fields: { ...fields, user: ['nobody'] } };
    await expect(importFile('import-devices', [invalidLine])).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/1 invalid lines were skipped:\n {2}line 1: there is no user nobody here/),
    });
  });
});

it('mistyped codes of an app count for the app only, even if its user has recovery codes', async () => {
  const app = { user: 8, name: 'App', confirmed: true, key: randomBytes(20).toString('hex'), digits: 6, last_t: -1 };
  await importFile('import-devices', [
    { model: 'authentik_stages_authenticator_totp.totpdevice', pk: 4, fields: app },
    {
      model: 'authentik_stages_authenticator_static.staticdevice',
      pk: 5,
      fields: { user: 8, name: 'Codes', confirmed: true },
    },
    { model: 'authentik_stages_authenticator_static.statictoken', pk: 6, fields: { device: 5, token: 'Abc123def456' } },
    { model: 'authentik_core.user', pk: 8, fields: { username: 'carol' } },
  ]);
  await resetAttempts();
  const browser = deployment.browser();
  await browser.solve('behind', { uid_field: 'carol' });
  const { body } = await browser.solve('behind', { password: 'correct-horse-7' });
  expect(body['device_challenges']).toMatchObject([{ device_class: 'static' }, { device_class: 'totp' }]);
  expect((await browser.solve('behind', { code: '0000000' })).body).toMatchObject({ response_errors: { code: WRONG } });
  const counted = await deployment.rows('SELECT credential FROM flow.attempts WHERE failures > 0 ORDER BY credential');
  expect(counted).toEqual([{ credential: 'network' }, { credential: 'totp proved' }]);
});

/** Imports the rows of an export by a subcommand of `npm run user`. */
const importFile = (command: 'import' | 'import-devices', rows: readonly object[]): Promise<string> =>
  withFile(rows.map((row) => JSON.stringify(row)).join('\n'), (file) => deployment.user([command, file]));

/** Calls `use` with a file of this text, in a folder that is deleted afterwards. */
async function withFile<T>(text: string, use: (file: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-input-'));
  try {
    const file = join(folder, 'input');
    await writeFile(file, text);
    return await use(file);
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('the load generator', () => {
  it('logs in with the accounts that it creates, by their passwords and codes of their apps', async () => {
    const seed = 'a seed of this journey';
    const users = new LoadUsers(seed, 'load-');
    const passwordHash = await hashPassword(users.password);
    const rows = [...exportRows(users, { count: 4, first: 0, passwordHash, withTotp: true, staticCodes: 0 })];
    await importFile('import', rows);
    await importFile('import-devices', rows);

    await deployment.applyFiles('load/flows');
    const result = await withFile('', async (file) => {
      const load = ['--rate', '4', '--pattern', 'constant', '--duration', '1s', '--users', '4', '--workers', '2'];
      const args = ['--url', deployment.url, '--scenario', 'login-mfa', '--seed', seed, '--out', file, ...load];
      await run(process.execPath, ['tools/load.mjs', ...args, '--retry-for', '0s', '--kill', '500ms=echo half']);
      return JSON.parse(await readFile(`${file}.json`, 'utf8')) as Record<string, unknown>;
    });
    expect(result).toMatchObject({ failures: {}, begun: 4, finished: 4, requests: 16, errorRate: 0, startedOver: 0 });
    expect(result['kills']).toMatchObject([{ run: 'echo half', exitCode: 0, output: 'half' }]);
    expect(Object.keys(result['stepsMs'] as object)).toEqual([
      'GET',
      'ak-stage-identification',
      'ak-stage-password',
      'ak-stage-authenticator-validate',
    ]);
  });
});
