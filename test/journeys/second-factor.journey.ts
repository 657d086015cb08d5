import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashPassword } from '@gatehouse/stages/password';
import { generateSync } from 'otplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportRows, LoadUsers } from '../../load/load-users.js';
import { readScenario } from '../../load/scenario.js';
import { runStage } from '../../load/stage.js';
import { UserRing } from '../../load/user-ring.js';
import { blueprint, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { Deployment } from '../support/deployment.js';

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
        ...[userEntry('alice'), userEntry('bob')],
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

    const locks = await deployment.rows<{ locked: boolean }>(
      `SELECT free_at > now() AS locked FROM flow.attempts WHERE credential = 'static'`,
    );
    expect(locks).toEqual([{ locked: true }]);
    const response = await answerWith(codes[0], '203.0.113.200');
    expect(response.body).toMatchObject({ response_errors: { code: WRONG } });
    expect(await countCodes()).toBe(codes.length);
  });

  it('is locked by fifty wrong codes after a right password, until it is unlocked', async () => {
    await resetAttempts();
    const behind = { slug: 'behind', password: 'correct-horse-7' };
    await answerWith('bogus', '203.0.113.199', behind);
    await deployment.rows(`UPDATE flow.attempts SET failures = 50, free_at = now() WHERE credential = 'static proved'`);
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

/** Imports the rows of an export by a subcommand of `npm run user`. */
async function importFile(command: 'import' | 'import-devices', lines: readonly object[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-devices-'));
  try {
    const file = join(folder, 'export.jsonl');
    await writeFile(file, lines.map((line) => JSON.stringify(line)).join('\n'));
    return await deployment.user([command, file]);
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('the load generator', () => {
  it('logs in with the accounts that it creates, by their passwords and codes of their apps', async () => {
    const users = new LoadUsers('a seed of this journey', 'load-');
    const passwordHash = await hashPassword(users.password);
    const accounts = { count: 4, first: 0, passwordHash, withTotp: true, staticCodes: 0 };
    await importFile('import', [...exportRows(users, accounts)]);
    await importFile('import-devices', [...exportRows(users, accounts)]);

    const scenario = { ...(await readScenario('login-mfa')), flow: 'behind' };
    const share = { index: 0, of: 1 };
    const limits = { timeoutMs: 30_000, retryForMs: 0, drainMs: 60_000, maxInFlight: 10 };
    const options = { url: deployment.url, insecure: false, forwardedFor: true, scenario, seed: 1, share };
    // A second of four visitors a second, at equal distances.
    const load = {
      model: { type: 'open' as const, rate: 4, pattern: 'constant' as const },
      rampMs: 0,
      durationMs: 1000,
    };
    const recording = await runStage(
      { ...options, ...limits, ...load },
      {
        ring: new UserRing(users, { count: 4, firstCode: 0, staticCodes: 0, share }),
        startedAt: performance.now(),
        stopping: () => false,
      },
    );
    expect(recording.failures).toEqual(new Map());
    expect(recording).toMatchObject({ begun: 4, finished: 4, requests: 16, startedOver: 0 });
    expect([...recording.steps].map(([label, { count }]) => [label, count])).toEqual([
      ['GET', 4],
      ['ak-stage-identification', 4],
      ['ak-stage-password', 4],
      ['ak-stage-authenticator-validate', 4],
    ]);
  });
});
