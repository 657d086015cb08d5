import { randomBytes, randomUUID } from 'node:crypto';
import { DeviceRepository } from '@gatehouse/authenticators';
import { PostgresFlowStore, pendingSourceLoginRow, planSealId, resumeTokenSealId } from '@gatehouse/executor-postgres';
import { flowDatabase } from '@gatehouse/executor-postgres/testing';
import { applyFiles } from '@gatehouse/local';
import { openOutboxRow, outboxRow } from '@gatehouse/outbox';
import { Sealer, SecretBox } from '@gatehouse/platform';
import { openSource, type SealedSource } from '@gatehouse/sources';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SECRETS } from '../../../../test/deploy/catalogue.js';
import { blueprint, DUMMY, flowEntries, IDENTIFICATION, keyOf } from '../../../../test/support/blueprints.js';
import { runCli } from '../../../../test/support/commands.js';
import type { Deployment } from '../../../../test/support/deployment.js';
import { clientEntries } from '../../../../test/support/oauth-device.js';
import { recordedEvents } from '../../../../test/support/recorded-events.js';
import { oauthEntry } from '../../../../test/support/sources.js';
import { GATEWAY_COLUMNS, MFA_COLUMNS } from './sealed-columns.js';

const key = (id: string) => `${id}:${randomBytes(32).toString('base64')}`;
const [k1, k2, m1, m2] = [key('k1'), key('k2'), key('m1'), key('m2')];
const before = { SEAL_KEYS: k1, MFA_SEAL_KEYS: m1 };
const rotated = { SEAL_KEYS: `${k2},${k1}`, MFA_SEAL_KEYS: `${m2},${m1}` };
const after = { SEAL_KEYS: k2, MFA_SEAL_KEYS: m2 };

let url: string;
let source: DataSource;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ url, source, close } = await flowDatabase());
});
afterAll(() => close?.());
beforeEach(async () => {
  await source.query(
    'TRUNCATE flow.sessions, flow.unrecorded_plans, flow.resume_tokens, flow.outbox, flow.audit_events, flow.objects, flow.flow_versions CASCADE',
  );
  await source.query('TRUNCATE flow.oauth_clients, identification.sources, mfa.devices, mfa.digest_keys CASCADE');
});

const CAPTCHA = 'authentik_stages_captcha.captchastage';
const env = (keys: Readonly<Record<string, string>>) => ({ DATABASE_URL: url, ...keys });
const reseal = (keys: Readonly<Record<string, string>>, ...options: string[]) =>
  runCli('keys', ['reseal', ...options], { env: env(keys) });

async function putMail(keys: string): Promise<string> {
  const { id, topic, body } = outboxRow({ topic: 'mail', body: { url: 'hidden' } }, new Sealer(keys));
  await source.query('INSERT INTO flow.outbox (id, topic, body, due_at) VALUES ($1, $2, $3, now())', [id, topic, body]);
  return id;
}

/** Stores one value in each sealed column, as a gateway and an mfa service with these keys do. */
async function fill({ SEAL_KEYS, MFA_SEAL_KEYS }: typeof before) {
  const sealer = new Sealer(SEAL_KEYS);
  const kept = outboxRow({ topic: 'events.login', body: {} }, sealer);
  await source.query(`INSERT INTO flow.audit_events (id, action, at, body) VALUES ($1, 'login', now(), $2)`, [
    ...[kept.id, kept.body],
  ]);
  const [session, flow, plan, state, token] = [randomUUID(), randomUUID(), randomUUID(), 'the state', randomBytes(32)];
  await source.query(`INSERT INTO flow.sessions (id, expires_at) VALUES ($1, now() + interval '1 hour')`, [session]);
  await source.query(
    `INSERT INTO flow.plans (session_id, flow_id, id, revision, version_id, body, expires_at)
     VALUES ($1, $2, $3, 7, $2, $4, now() + interval '1 hour')`,
    [session, flow, plan, sealer.seal(planSealId(plan, 7), 'the plan')],
  );
  await source.query(
    `INSERT INTO flow.unrecorded_plans (plan_id, flow_id, version_id, begun_at, outcome, revision, body)
     VALUES ($1, $1, $1, now(), 'abandoned', 7, $2)`,
    [plan, sealer.seal(planSealId(plan, 7), 'the plan')],
  );
  await source.query(
    `INSERT INTO flow.resume_tokens (hash, flow_id, version_id, plan_id, step_id, body, expires_at)
     VALUES ($1, $2, $2, $3, 's', $4, now() + interval '1 hour')`,
    [token, flow, plan, sealer.seal(resumeTokenSealId(token), 'the link')],
  );
  const login = pendingSourceLoginRow(state, { source: flow, kept: {}, query: {} }, sealer);
  await source.query(
    `INSERT INTO flow.source_logins (hash, session_id, source_id, body, expires_at)
     VALUES ($1, $2, $3, $4, now() + interval '1 hour')`,
    [login.hash, session, login.source, login.body],
  );
  const mail = await putMail(SEAL_KEYS);
  const [user, id] = [randomUUID(), randomUUID()];
  const devices = new DeviceRepository(source, new Sealer(MFA_SEAL_KEYS));
  await devices.add({
    id,
    user,
    kind: 'static',
    name: 'Codes',
    secret: { key: 'the device' },
    codes: ['first', 'second'],
  });
  return { mail, user };
}

const captcha = { public_key: 'site', private_key: 'hush-hush' };
/** A flow with a secret in a step and in an embedded stage, a client with a secret, and a source with a secret. */
const secrets = blueprint(
  flowEntries('known', [DUMMY]),
  { model: CAPTCHA, id: 'inside', identifiers: { name: 'inside' }, attrs: captcha },
  flowEntries('new', [
    { stage: 'captcha.captchastage', attrs: captcha },
    { ...IDENTIFICATION, attrs: { ...IDENTIFICATION.attrs, captcha_stage: keyOf('inside') } },
  ]),
  clientEntries('box', { flow: 'known', attrs: { client_type: 'confidential', client_secret: 'client-secret' } }),
  oauthEntry('hub'),
);
const applySecrets = (sealKeys: string) =>
  applyFiles(url, [{ name: 'secrets.yaml', text: secrets }], { env: { API_VERSION: '2026.8' }, sealKeys });
const versions = () => source.query<{ id: string }[]>('SELECT id FROM flow.flow_versions');

describe('npm run keys -- reseal', () => {
  it('seals every column with the current keys, so that the old keys are not needed any more', async () => {
    const { mail, user } = await fill(before);
    expect(await reseal(rotated)).toMatchObject({ code: 0, stdout: expect.stringMatching(/k1 can be removed/) });
    for (const { table, column, sealId } of [...GATEWAY_COLUMNS, ...MFA_COLUMNS]) {
      const rows = await source.query<Record<string, unknown>[]>(`SELECT *, ${column} AS sealed FROM ${table}`);
      expect([table, rows.length > 0]).toEqual([table, true]);
      for (const row of rows) {
        const keys = table.startsWith('mfa') ? after.MFA_SEAL_KEYS : after.SEAL_KEYS;
        expect(() => new Sealer(keys).open(sealId(row), row['sealed'] as Buffer)).not.toThrow();
      }
    }
    const [row] = await source.query<[{ id: string; body: Buffer }]>(
      `SELECT id, body FROM flow.outbox WHERE topic = 'mail'`,
    );
    expect(openOutboxRow(row, new Sealer(k2))).toEqual({ url: 'hidden' });
    expect(row.id).toBe(mail);
    const devices = new DeviceRepository(source, new Sealer(m2));
    const [device] = await devices.findByUser(user);
    expect(device!.openSecret()).toEqual({ key: 'the device' });
    expect(await devices.consumeCode(device!, 'first')).toBe(true);
    expect(await devices.consumeCode(device!, 'first')).toBe(false);
    expect((await reseal(after)).stdout).toMatch(/flow.plans.body: 0 resealed, 1 current/);
  });

  it('names the services whose processes must all use the new key before the old key is removed', async () => {
    const { stdout } = await reseal(rotated);
    for (const [setting, old, current] of [
      ['SEAL_KEYS', 'k1', 'k2'],
      ['MFA_SEAL_KEYS', 'm1', 'm2'],
    ] as const) {
      const services = Object.keys(SECRETS).filter((service) => SECRETS[service]?.includes(setting));
      const [line = ''] = stdout.split('\n').filter((text) => text.includes(`${old} can be removed from ${setting}`));
      const [, named = ''] = /if all processes of (.+) seal with (\w+)\./.exec(line) ?? [];
      expect(new Set(named.split(/, | and /))).toEqual(new Set(services));
      expect(line).toContain(`seal with ${current}. If one still sealed with ${old} during this run, roll it out and `);
    }
  });

  it('writes one event with key ids and counts, and none for a dry run or a run that reseals nothing', async () => {
    await fill(before);
    await reseal(rotated, '--dry-run');
    await reseal(rotated);
    await reseal(rotated);
    const rows: Deployment['rows'] = (sql) => source.query(sql);
    const events = await recordedEvents({ rows, sealing: { SEAL_KEYS: k2 } }, 'command_run');
    expect(events.map(({ data }) => data)).toMatchObject([
      {
        actor: { type: 'system', command: 'keys reseal' },
        context: {
          counts: expect.arrayContaining([
            { name: 'flow.plans.body', count: 1 },
            { name: 'mfa.devices.secret', count: 1 },
          ]),
          sealed_with: [
            { setting: 'SEAL_KEYS', id: 'k2', replaced: ['k1'] },
            { setting: 'MFA_SEAL_KEYS', id: 'm2', replaced: ['m1'] },
          ],
        },
      },
    ]);
  });

  it('keeps recovery codes valid through a second rotation', async () => {
    const { user } = await fill(before);
    await reseal(rotated);
    const m3 = key('m3');
    await reseal({ SEAL_KEYS: k2, MFA_SEAL_KEYS: `${m3},${m2}` });
    const devices = new DeviceRepository(source, new Sealer(m3));
    const [device] = await devices.findByUser(user);
    expect(await devices.consumeCode(device!, 'second')).toBe(true);
    expect(await devices.consumeCode(device!, 'third')).toBe(false);
  });

  it('reseals the secrets of stages, sources and clients, so that an unchanged blueprint publishes nothing', async () => {
    await applySecrets(k1);
    expect((await reseal(rotated)).stdout).toMatch(/flow.objects.attrs: 4 resealed, 4 current/);
    for (const { id } of await versions()) await new PostgresFlowStore(source, new Sealer(k2)).find(id);
    expect((await applySecrets(k2)).published).toEqual([]);
    const sources = await source.query<{ document: SealedSource }[]>('SELECT document FROM identification.sources');
    expect(openSource(sources[0]!.document, new SecretBox(new Sealer(k2)))).toMatchObject({
      consumer_secret: 'secret',
    });
  });

  it('reseals flow versions that differ only in the key of their secrets, as after a rotation by blueprint', async () => {
    await applySecrets(k1);
    await applySecrets(rotated.SEAL_KEYS);
    expect(await versions()).toHaveLength(3);
    expect((await reseal(rotated)).code).toBe(0);
    for (const { id } of await versions()) await new PostgresFlowStore(source, new Sealer(k2)).find(id);
    expect((await applySecrets(k2)).published).toEqual([]);
  });

  it('changes nothing with --dry-run, and prints how many values it would reseal', async () => {
    await fill(before);
    await applySecrets(k1);
    const { code, stdout } = await reseal(rotated, '--dry-run');
    expect(stdout).toMatch(/flow.outbox.body: 1 to reseal, 0 current/);
    expect(stdout).toMatch(/flow.flow_versions.document: 2 to reseal, 0 current/);
    expect(code).toBe(0);
    expect((await reseal(before)).stdout).toMatch(/flow.outbox.body: 0 resealed, 1 current/);
  });

  it('reseals more rows than one batch, and skips a row that another transaction has locked', async () => {
    for (let i = 0; i < 401; i++) await putMail(k1);
    const runner = source.createQueryRunner();
    await runner.startTransaction();
    await runner.query('SELECT FROM flow.outbox LIMIT 1 FOR UPDATE');
    const busy = await reseal(rotated);
    expect(busy.stdout).toMatch(/flow.outbox.body: 400 resealed, 400 current, 1 in use/);
    expect(busy.stdout).toMatch(/1 values still need another key/);
    expect(busy.code).toBe(1);
    await runner.rollbackTransaction();
    await runner.release();
    // The 402nd row is the event of the first run.
    expect(await reseal(rotated)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('1 resealed, 402 current'),
    });
  });

  it('names the key of values that it cannot open, keeps them, and ends with exit code 1', async () => {
    const id = await putMail(key('k0'));
    await putMail(k1);
    const { code, stdout } = await reseal(rotated);
    expect(stdout).toMatch(/flow.outbox.body: 1 resealed, 1 current, 1 cannot be opened \(key k0\)/);
    expect(code).toBe(1);
    expect(await source.query('SELECT FROM flow.outbox WHERE id = $1', [id])).toHaveLength(1);
  });

  it('refuses a wrong command line and missing keys', async () => {
    expect(await runCli('keys', ['rotate'], { env: env(rotated) })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('usage: npm run keys'),
    });
    expect((await reseal({ SEAL_KEYS: 'k1:short' })).stderr).toContain('SEAL_KEYS: a seal key is not valid');
  });
});

/** Every column that can hold sealed values or digests, with what it holds. */
const COLUMNS: Readonly<Record<string, 'sealed' | 'contains sealed secrets' | 'keyed digest' | 'plain'>> = {
  ...Object.fromEntries(
    [...GATEWAY_COLUMNS, ...MFA_COLUMNS].map(({ table, column }) => [`${table}.${column}`, 'sealed'] as const),
  ),
  'flow.objects.attrs': 'contains sealed secrets',
  'flow.flow_versions.document': 'contains sealed secrets',
  'flow.oauth_clients.document': 'contains sealed secrets',
  'identification.sources.document': 'contains sealed secrets',
  // Keyed by a digest key that is derived from MFA_SEAL_KEYS and that `reseal` keeps. Handles of devices are text.
  'mfa.codes.digest': 'keyed digest',
  // Keyed by MFA_SEAL_KEYS. Counts the messages of an hour.
  'mfa.sends.subject': 'keyed digest',
  // Keyed by PSEUDONYM_KEY, or by a key in the database.
  'flow.attempts.subject': 'keyed digest',
  'consent.device_codes.user_hash': 'keyed digest',
  // Keyed by PSEUDONYM_KEY and the day.
  'flow.plans.network': 'keyed digest',
  'flow.unrecorded_plans.network': 'keyed digest',
  'flow.journey_counts.network': 'keyed digest',
  'flow.journeys.network': 'keyed digest',
  'flow.journeys_default.network': 'keyed digest',
  ...plain(
    ...['journeys', 'journeys_default'].flatMap((t) => ['steps', 'verdicts', 'client'].map((c) => `flow.${t}.${c}`)),
  ),
  // Numbers of plans.
  ...plain('flow.rollouts.finding'),
  // SHA-256 digests, keys of the database itself, and JSON without secrets.
  ...plain('captcha.spent.digest', 'consent.code_keys.key'),
  ...plain('consent.access_tokens.hash', 'consent.access_tokens.code_hash'),
  ...plain(
    ...['consent.authorization_requests.reference_hash', 'consent.authorization_requests.code_hash'],
    ...['consent.authorization_requests.request', 'consent.authorization_requests.authentication'],
  ),
  ...plain(
    ...['flow.forward_codes.hash', 'flow.forward_codes.nonce_hash', 'flow.forward_codes.destination_hash'],
    ...['flow.forward_sessions.hash', 'flow.proxy_applications.document'],
  ),
  ...plain('consent.device_codes.device_hash', 'consent.done.reply', 'directory.groups.attributes'),
  ...plain('directory.invitations.fixed_data', 'directory.password_ring_key.key', 'directory.tokens.key_hash'),
  ...plain('directory.users.attributes', 'enrollment.done.reply', 'flow.applied_blueprints.digest'),
  ...plain(
    'flow.brand_sets.document',
    'flow.flow_versions.digest',
    'flow.mailed.recipient',
    'flow.objects.identifiers',
    'flow.received_signals.jti_hash',
  ),
  ...plain('flow.resume_tokens.hash', 'flow.session_keys.hash', 'flow.sessions.data', 'flow.source_logins.hash'),
  // The public key of a device.
  ...plain('flow.sessions.device_key'),
  ...plain('flow.sessions.login_set'),
  ...plain('identification.done.reply', 'mfa.devices.facts'),
};

function plain(...columns: readonly string[]) {
  return Object.fromEntries(columns.map((column) => [column, 'plain'] as const));
}

it('COLUMNS lists every column with bytes or JSON', async () => {
  const rows = await source.query<{ name: string }[]>(`
    SELECT table_schema || '.' || table_name || '.' || column_name AS name
    FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
    WHERE data_type IN ('bytea', 'json', 'jsonb') AND table_type = 'BASE TABLE'
      AND table_schema NOT IN ('pg_catalog', 'information_schema')`);
  expect(rows.map(({ name }) => name).sort()).toEqual(Object.keys(COLUMNS).sort());
});
