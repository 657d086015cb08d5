import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashPassword } from '@gatehouse/stages/password';
import { generateSync } from 'otplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, flowEntries, IDENTIFICATION, LOGIN, PASSWORD } from '../support/blueprints.js';
import { runCli } from '../support/commands.js';
import { Deployment } from '../support/deployment.js';
import { DocumentedCommands } from '../support/documented-commands.js';
import { OauthApplication, SHOP_CLIENT, SHOP_REDIRECT_URI, SHOP_SECRET } from '../support/oauth-application.js';
import { clientEntries } from '../support/oauth-device.js';
import { oauthEntry } from '../support/sources.js';

const PAGE = 'docs/how-to/migrate-from-authentik.md';
const AUTHORIZING = { designation: 'authorization', authentication: 'require_authenticated' };
const VALIDATE = {
  stage: 'authenticator_validate.authenticatorvalidatestage',
  attrs: { device_classes: ['totp'], not_configured_action: 'deny' },
};
const ME = '/api/v3/core/users/me/';
const CONNECTIONS = '/api/v3/sources/user_connections/all/';

/** What authentik exports of a user with a password, an authenticator, a consent, a connection and a token. */
const EXPORT = {
  alice: { pk: 4711, uuid: randomUUID(), password: 'an old pass-word' },
  totpKey: randomBytes(20),
  tokenKey: randomBytes(30).toString('hex'),
  application: randomUUID(),
  source: randomUUID(),
  installation: randomUUID(),
};

const rows = async () => {
  const { alice, totpKey, tokenKey, application, source } = EXPORT;
  const user = alice.pk;
  const password = await hashPassword(alice.password);
  const group = randomUUID();
  return [
    { model: 'authentik_core.group', pk: group, fields: { name: 'staff', is_superuser: false, attributes: {} } },
    {
      model: 'authentik_core.user',
      pk: user,
      fields: { username: 'alice', name: 'Alice', email: 'a@example.org', uuid: alice.uuid, password, groups: [group] },
    },
    {
      model: 'authentik_stages_authenticator_totp.totpdevice',
      pk: 3,
      fields: { user, name: 'App', confirmed: true, key: totpKey.toString('hex'), digits: 6, last_t: -1 },
    },
    { model: 'authentik_core.application', pk: application, fields: { slug: 'shop', name: 'Shop' } },
    { model: 'authentik_core.source', pk: source, fields: { slug: 'hub', name: 'Hub' } },
    { model: 'authentik_core.usersourceconnection', pk: 9, fields: { user, source } },
    {
      model: 'authentik_sources_oauth.useroauthsourceconnection',
      pk: 9,
      fields: { identifier: 'alice-at-hub', access_token: 'secret-at-the-hub' }, // not-a-secret
    },
    {
      model: 'authentik_stages_consent.userconsent',
      pk: randomUUID(),
      fields: { user, application, permissions: 'email profile', expires: '2999-01-01T00:00:00Z', expiring: true },
    },
    {
      model: 'authentik_core.token',
      pk: randomUUID(),
      fields: {
        user,
        identifier: 'backup',
        key: tokenKey,
        intent: 'api',
        description: '',
        expires: null,
        expiring: false,
      },
    },
  ];
};

/** The flows, with a stage that authentik has only since 2024.12. */
const FLOWS = blueprint(
  flowEntries('login', [IDENTIFICATION, PASSWORD, VALIDATE, LOGIN]),
  flowEntries('consent', [{ stage: 'consent.consentstage' }], AUTHORIZING),
  flowEntries('elsewhere', [{ stage: 'redirect.redirectstage', attrs: { mode: 'static', target_static: '/' } }]),
  clientEntries('shop', { flow: 'consent', attrs: SHOP_CLIENT }),
  oauthEntry('hub', { authentication_flow: null, enrollment_flow: null }),
);

describe('the guide for migrating from authentik', () => {
  let deployment: Deployment;
  let page: DocumentedCommands;
  let folder: string;
  beforeAll(async () => {
    page = DocumentedCommands.of(PAGE);
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-migration-'));
    deployment = await Deployment.open({
      apiVersion: '2026.8',
      blueprints: [],
      services: ['identification', 'password', 'session', 'mfa', 'consent'],
    });
    await writeFile(join(folder, 'flows.yaml'), FLOWS);
    await writeExport();
  });
  afterAll(async () => {
    await deployment?.close();
    await rm(folder, { recursive: true });
  });

  /** Writes the rows of each model to the file that the `ak dumpdata` command of the page names for it. */
  async function writeExport(): Promise<void> {
    const exported = await rows();
    const commands = page
      .block('sh', /ak dumpdata/)
      .trim()
      .split('\n');
    const parsed = commands.map((command) => /^ak dumpdata --format jsonl (.+) > (\S+)$/.exec(command)!);
    for (const [, models = '', file = ''] of parsed) {
      const named = new Set(models.split(' '));
      const lines = exported.filter(({ model }) => named.has(model) || named.has(model.split('.')[0]!));
      await writeFile(join(folder, file), lines.map((line) => JSON.stringify(line)).join('\n'));
    }
    const everyModel = parsed.flatMap(([, models = '']) => models.split(' '));
    for (const { model } of exported) expect(everyModel.some((name) => model.startsWith(name))).toBe(true);
  }

  /** Runs a line of the page, with its files in the folder of the test. Returns its output. */
  async function run(line: string): Promise<string> {
    const [, name = '', rest = ''] = /^npm run (\w+)(?: -- (.+?))?(?: > \S+)?$/.exec(line)!;
    const args = rest.split(' ').filter((word) => word !== '');
    const inFolder = args.map((word) => (/\.(jsonl|yaml)$/.test(word) ? join(folder, word) : word));
    if (name === 'user') return deployment.user(inFolder);
    return deployment.command(name as 'blueprint' | 'migrate', ...inFolder);
  }
  const linesOf = (pattern: RegExp) => page.block('sh', pattern).trim().split('\n');
  const me = async () =>
    (await deployment.browser().fetch(ME, { headers: { authorization: `Bearer ${EXPORT.tokenKey}` } })).body as {
      user: { pk: number; uid: string; username: string; groups: readonly { name: string }[] };
    };

  it('checks the flows against the API line of authentik', async () => {
    for (const line of linesOf(/blueprint -- check/)) expect(await run(line)).toContain('0 errors');
    const older = await runCli('blueprint', ['check', join(folder, 'flows.yaml')], { env: { API_VERSION: '2024.8' } });
    expect(older.code).toBe(1);
    expect(older.stdout).toContain('API_VERSION=2026.8');
  });

  it('imports everything, and adds nothing when it is run again', async () => {
    const outputs: string[] = [];
    for (const line of linesOf(/user -- import users/)) outputs.push(await run(line));
    expect(outputs.join('\n')).toMatch(/1 users and 1 groups imported/);
    expect(outputs.join('\n')).toMatch(/1 devices \(1 totp\) imported/);
    expect(outputs.at(-1)).toBe('1 consents, 1 connections with sources and 1 tokens imported');

    const again: string[] = [];
    for (const line of linesOf(/user -- import users/)) again.push(await run(line));
    const imports = DocumentedCommands.of('docs/how-to/import-users.md').all('sh').join('').trim().split('\n');
    const [exported = '', ...others] = imports;
    expect(linesOf(/ak dumpdata/)).toContain(exported.replace(/ +# in authentik$/, ''));
    for (const line of others) expect(await run(line)).toMatch(/^0 /);
    expect(again.join('\n')).toMatch(/0 users and 0 groups imported/);
    expect(again.join('\n')).toMatch(/0 devices imported/);
    expect(again.at(-1)).toMatch(/^0 consents, 0 connections with sources and 0 tokens imported\n3 exist already/);
    expect([...outputs, ...again].join()).not.toContain(EXPORT.tokenKey);
  });

  it('keeps the password, the second factor, the connection and the consent of a user', async () => {
    const browser = deployment.browser();
    await browser.solve('login', { uid_field: 'alice' });
    const asked = await browser.solve('login', { password: EXPORT.alice.password });
    expect(asked.body).toMatchObject({ component: 'ak-stage-authenticator-validate' });
    const code = generateSync({ secret: EXPORT.totpKey, epoch: Date.now() / 1000 });
    expect((await browser.solve('login', { code })).body).toMatchObject({ component: 'xak-flow-redirect' });

    expect((await browser.fetch(CONNECTIONS)).body).toMatchObject({
      results: [{ user: 4711, source: { slug: 'hub' } }],
    });

    const client = { name: 'shop', secret: SHOP_SECRET, redirectUri: SHOP_REDIRECT_URI };
    const shop = await OauthApplication.discover(deployment, client);
    const tokens = await shop.signIn(browser, { scope: 'openid email profile' });
    expect(tokens.claims()).toMatchObject({ sub: EXPORT.alice.uuid, email: 'a@example.org' });
  });

  it('keeps API tokens, groups and the pk of a user', async () => {
    expect(await me()).toMatchObject({ user: { username: 'alice', pk: 4711, groups: [{ name: 'staff' }] } });
  });

  it('lists the identifiers of authentik beside those of Gatehouse', async () => {
    const { alice, installation } = EXPORT;
    const [line = ''] = linesOf(/list-identifiers/);
    const listed = JSON.parse(await run(line.replace('INSTALLATION', installation))) as unknown;
    const uid = createHash('sha256').update(`${alice.pk}-${installation}`).digest('hex');
    const { user } = await me();
    expect(listed).toEqual({
      ...{ username: 'alice', uuid: alice.uuid, authentik: { pk: alice.pk, uid } },
      gatehouse: { pk: alice.pk, uid: user.uid },
    });
  });

  it('names every import command of npm run user', async () => {
    const usage = (await runCli('user', [], { env: {} })).stderr;
    const imports = [...usage.matchAll(/^ {2}(import\S*) FILE/gm)].map(([, name = '']) => name);
    expect(imports).toEqual(['import', 'import-devices', 'import-links']);
    const text = await readFile(PAGE, 'utf8');
    for (const name of imports) expect(text).toContain(`npm run user -- ${name} `);
  });
});
