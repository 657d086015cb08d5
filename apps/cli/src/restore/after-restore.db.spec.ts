import { randomBytes, randomUUID } from 'node:crypto';
import { DeviceRepository } from '@gatehouse/authenticators';
import { FLOW_SCHEMA } from '@gatehouse/blueprints';
import type { SavedUser } from '@gatehouse/contracts';
import { directoryEntities, InvitationRepository, TypeormDirectoryStore } from '@gatehouse/directory';
import { hashToken, newSessionKey } from '@gatehouse/executor';
import {
  openPendingSourceLogin,
  PostgresPlanStore,
  pendingSourceLoginRow,
  planBodyOf,
  resumeTokenSealId,
} from '@gatehouse/executor-postgres';
import { enrol, freshPlan, LIFETIMES, publish } from '@gatehouse/executor-postgres/testing';
import { outboxRow } from '@gatehouse/outbox';
import { Logger, openDataSource, Sealer } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { runCli } from '../../../../test/support/commands.js';
import type { Deployment } from '../../../../test/support/deployment.js';
import { migratedDatabase } from '../../../../test/support/postgres.js';
import { dropDatabases, onServer } from '../../../../test/support/postgres-databases.js';
import { recordedEvents } from '../../../../test/support/recorded-events.js';
import { RESTORED_TABLES } from './restored-tables.js';

const sealKeys = `k:${randomBytes(32).toString('base64')}`;
const mfaKeys = `m:${randomBytes(32).toString('base64')}`;
const sealer = new Sealer(sealKeys);
const mfaSealer = new Sealer(mfaKeys);
const NOW_STEP = Math.floor(Date.now() / 1000 / 30);

/** A database with the repositories of the services. */
interface Database {
  readonly url: string;
  readonly source: DataSource;
  readonly plans: PostgresPlanStore;
  readonly devices: DeviceRepository;
}

async function openDatabase(url: string): Promise<Database> {
  const source = await openDataSource({ url, schema: FLOW_SCHEMA, entities: directoryEntities, poolSize: 2 });
  const logger = new Logger('silent');
  const plans = new PostgresPlanStore(source, sealer, {
    ...{ lifetimes: LIFETIMES, attributes: false, saveCheckS: 5, logger },
  });
  return { url, source, plans, devices: new DeviceRepository(source, mfaSealer) };
}

const copies: string[] = [];
/** Copies a database to which nothing is connected, as a backup and its restore do. */
async function restored(name: string): Promise<Database> {
  const copy = `${name}_restored_${copies.length}`;
  copies.push(copy);
  const server = inject('postgresUrl');
  await onServer(server, (client) => client.query(`CREATE DATABASE "${copy}" TEMPLATE "${name}" STRATEGY file_copy`));
  return openDatabase(Object.assign(new URL(server), { pathname: `/${copy}` }).href);
}

/** Functions by secret. Each uses its secret, and returns whether the secret was accepted. */
type Secrets = Readonly<Record<string, (database: Database) => Promise<boolean>>>;

const anyRow = async ({ source }: Database, sql: string, ...values: unknown[]) =>
  (await source.query<[unknown[], number]>(sql, values))[1] > 0;

async function fillSessions({ source, plans }: Database, alice: SavedUser): Promise<Secrets> {
  const { flowId, versionId } = await publish(source, 'login');
  const [anonymous, loggedIn] = [newSessionKey(undefined), newSessionKey(undefined)];
  const about = { pending_user: { ...alice, backend: 'b' } };
  const plan = freshPlan();
  const started = { ...plan, context: { ...plan.context, ...about } };
  const anonymousId = await plans.create({
    ...{ flowId, versionId, plan: started, session: { newKey: anonymous.hash }, replaces: undefined },
  });
  const id = await plans.create({
    ...{ flowId, versionId, plan: freshPlan(), session: { newKey: loggedIn.hash }, replaces: undefined },
  });
  await source.query('UPDATE flow.sessions SET user_id = $2, user_epoch = $3 WHERE id = $1', [
    ...[id, alice.uuid, alice.epoch],
  ]);
  const link = hashToken('link');
  await source.query(
    `INSERT INTO flow.resume_tokens (hash, flow_id, version_id, plan_id, step_id, user_id, body, expires_at)
     VALUES ($1, $2, $3, $4, 's', $5, $6, now() + interval '1 hour')`,
    [link, flowId, versionId, plan.id, alice.uuid, sealer.seal(resumeTokenSealId(link), planBodyOf(started))],
  );
  const login = pendingSourceLoginRow('state', { source: randomUUID(), kept: {}, query: {} }, sealer);
  await source.query(
    `INSERT INTO flow.source_logins (hash, session_id, source_id, body, expires_at)
     VALUES ($1, $2, $3, $4, now() + interval '1 hour')`,
    [login.hash, anonymousId, login.source, login.body],
  );
  return {
    'the session of a user': async (database) =>
      (await database.plans.load('login', loggedIn.hash))?.session?.user !== undefined &&
      anyRow(database, 'DELETE FROM flow.sessions WHERE id = $1', id),
    'a plan that waits for a mailed code': async (database) =>
      (await database.plans.load('login', anonymous.hash))?.stored?.orphaned === false &&
      anyRow(database, 'DELETE FROM flow.plans WHERE id = $1', plan.id),
    'a mailed link': async (database) =>
      (await database.plans.findResumed('login', link))?.orphaned === false &&
      anyRow(database, 'DELETE FROM flow.resume_tokens WHERE hash = $1', link),
    'the state of a login at a source': async ({ source: restoredSource }) => {
      const [rows] = await restoredSource.query<[{ body: Buffer }[]]>(
        'DELETE FROM flow.source_logins WHERE hash = $1 RETURNING body',
        [login.hash],
      );
      return rows[0] !== undefined && openPendingSourceLogin('state', rows[0].body, sealer).kept !== undefined;
    },
  };
}

async function fillOthers({ source, devices }: Database, alice: SavedUser): Promise<Secrets> {
  const mail = outboxRow({ topic: 'mail', body: { url: 'a link' } }, sealer);
  const event = outboxRow({ topic: 'events.login', body: {} }, sealer);
  for (const { id, topic, body } of [mail, event])
    await source.query('INSERT INTO flow.outbox (id, topic, body, due_at) VALUES ($1, $2, $3, now())', [
      ...[id, topic, body],
    ]);
  const [code, token, application] = [randomBytes(32), randomBytes(32), randomUUID()];
  await source.query(
    `INSERT INTO consent.device_codes
       (device_hash, user_hash, client_id, application_id, scopes, expires, interval_s, claimed_by, approved_epoch)
     VALUES ($1, $1, 'box', $2, '{}', now() + interval '1 hour', 5, $3, $4)`,
    [code, application, alice.uuid, alice.epoch],
  );
  await source.query(
    `INSERT INTO consent.authorization_requests
       (reference_hash, client_id, application_id, request, expires, code_hash, user_id, user_epoch)
     VALUES ($1, 'box', $2, '{}', now() + interval '1 hour', $1, $3, $4)`,
    [code, application, alice.uuid, alice.epoch],
  );
  await source.query(
    `INSERT INTO consent.access_tokens VALUES ($1, $2, $3, 'box', $4, '{}', now() + interval '1 hour')`,
    [...[token, alice.uuid, alice.epoch, application]],
  );
  await source.query(
    `INSERT INTO directory.superuser_permits (user_id, expires_at) VALUES ($1, now() + interval '1 hour')`,
    [alice.uuid],
  );
  const invitation = await new InvitationRepository(source).create({
    ...{ name: 'once', expires: null, fixed_data: {}, single_use: true, flow: null },
  });
  const [recovery, app] = [randomUUID(), randomUUID()];
  await devices.add({ id: recovery, user: alice.uuid, kind: 'static', name: 'Codes', codes: ['first'] });
  const secret = { key: '00'.repeat(20), digits: 6, step: 30, t0: 0, tolerance: 1, drift: 0 };
  await devices.add({ id: app, user: alice.uuid, kind: 'totp', name: 'App', secret, counter: NOW_STEP - 10 });
  const device = async (database: Database, id: string) =>
    (await database.devices.findByUser(alice.uuid)).find((found) => found.id === id)!;
  return {
    'a waiting mail': (database) => anyRow(database, 'DELETE FROM flow.outbox WHERE id = $1', mail.id),
    'an approved device code': (database) =>
      anyRow(database, 'DELETE FROM consent.device_codes WHERE device_hash = $1', code),
    'an authorization code': (database) =>
      anyRow(database, 'DELETE FROM consent.authorization_requests WHERE code_hash = $1', code),
    'the access token of a device': (database) =>
      anyRow(database, 'DELETE FROM consent.access_tokens WHERE hash = $1', token),
    'a permit to change a superuser': (database) =>
      anyRow(database, 'DELETE FROM directory.superuser_permits WHERE expires_at > now()'),
    'a single-use invitation': async (database) =>
      (await new InvitationRepository(database.source).redeem(invitation.pk)) !== undefined,
    'a recovery code': async (database) => database.devices.consumeCode(await device(database, recovery), 'first'),
    'a code of an authenticator app': async (database) =>
      database.devices.recordUse(await device(database, app), { to: NOW_STEP }),
  };
}

/** SEAL_KEYS of the gateway. */
const outboxKeys = `k:${randomBytes(32).toString('base64')}`;
let live: Database;
let alice: SavedUser;
let secrets: Secrets;
/** Copies of the database at the recovery point: an untouched one, and one for each way to run the command. */
let untouched: Database;
let finished: Database;
let keeping: Database;
let output: string;

const run = ({ url }: Database, ...options: string[]) =>
  runCli('database', ['after-restore', ...options], { env: { DATABASE_URL: url, MFA_SEAL_KEYS: mfaKeys } });

beforeAll(async () => {
  const { url } = await migratedDatabase();
  const name = new URL(url).pathname.slice(1);
  copies.push(name);
  const before = await openDatabase(url);
  alice = await enrol(before.source);
  secrets = { ...(await fillSessions(before, alice)), ...(await fillOthers(before, alice)) };
  await before.source.query(
    `INSERT INTO directory.tokens (identifier, key_hash, intent, user_id) VALUES ('t', $1, 'api', $2)`,
    [randomBytes(32), alice.uuid],
  );
  await before.source.destroy();
  [untouched, finished, keeping] = [await restored(name), await restored(name), await restored(name)];
  live = await openDatabase(url);
});
afterAll(async () => {
  for (const database of [live, untouched, finished, keeping]) await database?.source.destroy();
  for (const name of copies) await dropDatabases(inject('postgresUrl'), name);
});

const epochIn = async ({ source }: Database): Promise<number> =>
  (await source.query<[{ epoch: number }]>('SELECT epoch FROM directory.users WHERE id = $1', [alice.uuid]))[0].epoch;

describe('npm run database -- after-restore', () => {
  it('counts with --dry-run, and changes nothing', async () => {
    const { code, stdout } = await run(finished, '--dry-run');
    expect([code, stdout]).toEqual([0, expect.stringContaining('flow.sessions: deleted 2 sessions')]);
    expect(stdout).toContain('Nothing was changed.');
    expect(await finished.source.query('SELECT FROM flow.sessions')).toHaveLength(2);
    expect(await epochIn(finished)).toBe(alice.epoch);
  });

  it('invalidates every secret that was used after the recovery point', async () => {
    const used: Record<string, boolean[]> = {};
    for (const [name, use] of Object.entries(secrets)) used[name] = [await use(live), await use(live)];
    const { code, stdout } = await run(finished);
    output = stdout;
    expect(code).toBe(0);
    for (const [name, use] of Object.entries(secrets)) used[name]!.push(await use(untouched), await use(finished));
    // Accepted once, refused as a replay, accepted again after a restore, refused after the command.
    const expected = Object.keys(secrets).map((name) => [name, [true, false, true, false]]);
    expect(used).toEqual(Object.fromEntries(expected));
  });

  it('raises the epoch above every epoch that the user had between the recovery point and the loss', async () => {
    const recoveryPoint = alice.epoch - 3600;
    for (const { source } of [live, finished])
      await source.query('UPDATE directory.users SET epoch = $1', [recoveryPoint]);
    const store = new TypeormDirectoryStore(live.source.manager);
    for (let i = 0; i < 3; i++) await store.endSessions(alice.pk);
    await run(finished);
    const raised = await epochIn(finished);
    expect(raised).toBeGreaterThan(await epochIn(live));
    await run(finished);
    expect(await epochIn(finished)).toBeGreaterThan(raised);
  });

  it('keeps events, devices and tokens, and lists what the restore may have undone', async () => {
    expect(await finished.source.query('SELECT topic FROM flow.outbox')).toEqual([{ topic: 'events.login' }]);
    expect(await finished.devices.findByUser(alice.uuid)).toHaveLength(2);
    expect(await finished.source.query('SELECT FROM directory.tokens')).toHaveLength(1);
    expect(output).toContain('1 users need new recovery codes.');
    expect(output).toMatch(/Undone since the recovery point.*--delete-tokens deletes all of them/s);
    expect(output).toContain('1 authenticator apps accept no code');
  });

  it('lets an authenticator app log in with its next code', async () => {
    const [app] = (await finished.devices.findByUser(alice.uuid)).filter(({ kind }) => kind === 'totp');
    expect(await finished.devices.recordUse(app!, { to: app!.counter + 1 })).toBe(true);
    // The app accepts codes of the present step and of the next one, so these count as used.
    expect(app!.counter).toBeLessThanOrEqual(Math.floor(Date.now() / 1000 / 30) + 1);
  });

  it('keeps recovery codes with --keep-recovery-codes, and deletes tokens with --delete-tokens', async () => {
    const { stdout, stderr } = await run(keeping, '--keep-recovery-codes', '--delete-tokens');
    expect(stderr).toMatch(/^warning: no audit event/);
    expect(stdout).toContain('directory.tokens: deleted 1 API tokens');
    expect(stdout).toContain('Recovery codes: used ones are valid, because of --keep-recovery-codes.');
    expect(await keeping.source.query('SELECT FROM directory.tokens')).toEqual([]);
    expect(await secrets['a recovery code']!(keeping)).toBe(true);
  });

  it('writes an event with the numbers of invalidated secrets, and none with --dry-run', async () => {
    const env = { DATABASE_URL: untouched.url, MFA_SEAL_KEYS: mfaKeys, SEAL_KEYS: outboxKeys };
    const dry = await runCli('database', ['after-restore', '--dry-run'], { env: { ...env, SEAL_KEYS: '' } });
    expect(dry).toMatchObject({ code: 0, stderr: '' });
    await runCli('database', ['after-restore', '--delete-tokens'], { env });
    const rows: Deployment['rows'] = (sql) => untouched.source.query(sql);
    const events = await recordedEvents({ rows, sealing: env }, 'command_run');
    expect(events.map(({ data }) => data)).toMatchObject([
      {
        actor: { type: 'system', command: 'database after-restore' },
        context: { counts: expect.arrayContaining([{ name: 'directory.tokens', count: 1 }]) },
      },
    ]);
  });

  it('names users who have no authenticator but recovery codes', async () => {
    const bob = await enrol(keeping.source);
    await keeping.devices.add({ id: randomUUID(), user: bob.uuid, kind: 'static', name: 'Codes', codes: ['x'] });
    const { stdout } = await run(keeping);
    expect(stdout).toContain('1 of them have no other authenticator');
    expect(stdout).toContain(`remove-devices NAME\`: ${bob.username}`);
    expect(stdout).not.toContain(alice.username);
  });

  it('changes nothing when the key of an authenticator app is missing, and names the key', async () => {
    const epoch = await epochIn(keeping);
    const env = { DATABASE_URL: keeping.url, MFA_SEAL_KEYS: `other:${randomBytes(32).toString('base64')}` };
    const { code, stderr } = await runCli('database', ['after-restore'], { env });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/authenticator app .* cannot be opened.*key m/)]);
    expect(await epochIn(keeping)).toBe(epoch);
  });

  it('refuses a wrong command line', async () => {
    const { code, stderr } = await runCli('database', ['restore'], { env: { DATABASE_URL: live.url } });
    expect([code, stderr]).toEqual([1, expect.stringContaining('usage: npm run database')]);
  });

  it('knows for every table what to do with its rows after a restore', async () => {
    const rows = await live.source.query<{ name: string }[]>(`
      SELECT table_schema || '.' || table_name AS name FROM information_schema.tables
      WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`);
    expect(RESTORED_TABLES.map(({ table }) => table).toSorted()).toEqual(rows.map(({ name }) => name).toSorted());
  });
});
