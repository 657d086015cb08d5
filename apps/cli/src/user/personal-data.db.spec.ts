import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { DeviceRepository } from '@gatehouse/authenticators';
import type { AuditEvent, SavedUser } from '@gatehouse/contracts';
import { TypeormDirectoryStore } from '@gatehouse/directory';
import { attemptHmacKey, userSubject } from '@gatehouse/executor';
import { flowDatabase, REQUEST_FACTS } from '@gatehouse/executor-postgres/testing';
import { eventMessage, mailMessage, outboxRow } from '@gatehouse/outbox';
import { Sealer } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { waitForBlockedStatements } from '../../../../test/support/blocked-statements.js';
import { runCli } from '../../../../test/support/commands.js';
import { PERSONAL_TABLES } from '../personal-data/personal-tables.js';

const key = () => `k:${randomBytes(32).toString('base64')}`;
const keys = { SEAL_KEYS: key(), MFA_SEAL_KEYS: key(), SECRET_KEY: 's'.repeat(32) };
let url: string;
let source: DataSource;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ url, source, close } = await flowDatabase());
});
afterAll(() => close?.());
beforeEach(async () => {
  await source.query(
    'TRUNCATE directory.users, directory.groups, flow.sessions, flow.outbox, flow.audit_events, flow.objects CASCADE',
  );
  await source.query('TRUNCATE flow.reputation, flow.mailed, flow.attempts, flow.resume_tokens, mfa.devices CASCADE');
  await source.query('TRUNCATE mfa.sends, identification.sources, consent.grants, consent.access_tokens CASCADE');
  await source.query(
    'TRUNCATE consent.device_codes, consent.authorization_requests, consent.done, enrollment.done, identification.done CASCADE',
  );
});

const user = (...args: string[]) => runCli('user', args, { env: { DATABASE_URL: url, ...keys } });

async function createUser(username: string): Promise<SavedUser> {
  const created = await new TypeormDirectoryStore(source.manager).createUser({
    ...{ username, email: `${username}@example.org` },
  });
  return { ...created, kind: 'saved', locale: '' };
}

async function putMail(person: SavedUser, sealKeys = keys.SEAL_KEYS): Promise<void> {
  const mail = mailMessage(
    {
      ...{ type: 'mail', to: { address: person.email, name: '' }, template: 't', subject: 's', locale: 'en' },
      variables: {},
    },
    { ...REQUEST_FACTS, user: undefined },
  );
  const { id, topic, body } = outboxRow(mail, new Sealer(sealKeys));
  await source.query('INSERT INTO flow.outbox (id, topic, body, due_at) VALUES ($1, $2, $3, now())', [id, topic, body]);
}

/** Keeps a published event. `about` is the saved user whom it is about. Returns its id. */
async function keepEvent(event: AuditEvent, about: string | null = null, seal = keys.SEAL_KEYS): Promise<string> {
  const message = eventMessage(event, { ...REQUEST_FACTS, user: undefined });
  const { id, body } = outboxRow(message, new Sealer(seal));
  const sql = `INSERT INTO flow.audit_events (id, action, at, user_id, body) VALUES ($1, $2, now(), $3, $4)`;
  await source.query(sql, [id, event.action, about, body]);
  return id;
}

/** Stores at least one row about a person in each table of `PERSONAL_TABLES`. */
async function fill(person: SavedUser): Promise<void> {
  const { uuid, username, email } = person;
  const [session, id] = [randomUUID(), randomUUID()];
  const run = (sql: string, ...values: unknown[]) => source.query(sql, values);
  const soon = `now() + interval '1 hour'`;
  await run(`INSERT INTO flow.sessions (id, user_id, expires_at) VALUES ($1, $2, ${soon})`, session, uuid);
  await run('INSERT INTO flow.session_keys (hash, session_id) VALUES ($1, $2)', randomBytes(32), session);
  await run(
    `INSERT INTO flow.plans (session_id, flow_id, id, revision, version_id, pending_user_id, body, expires_at)
     VALUES ($1, $2, $2, 0, $2, $3, 'x', ${soon})`,
    ...[session, id, uuid],
  );
  await run(
    `INSERT INTO flow.resume_tokens (hash, flow_id, version_id, plan_id, step_id, user_id, body, expires_at)
     VALUES ($1, $2, $2, $2, 's', $3, 'x', ${soon})`,
    ...[randomBytes(32), id, uuid],
  );
  await run(
    `INSERT INTO flow.source_logins (hash, session_id, source_id, body, expires_at) VALUES ($1, $2, $3, 'x', ${soon})`,
    ...[randomBytes(32), session, id],
  );
  await run(`INSERT INTO flow.signed_in_applications (session_id, client_id) VALUES ($1, 'shop')`, session);
  await run(
    `INSERT INTO flow.attempts (subject, credential, failures, free_at, free) VALUES ($1, 'password', 3, now(), 5)`,
    userSubject(attemptHmacKey(keys.SECRET_KEY), uuid),
  );
  await run(`INSERT INTO flow.reputation VALUES ($1, '203.0.113.7', -3, ${soon})`, username);
  await run(
    `INSERT INTO flow.login_places (user_id, device, expires_at) VALUES ($1, 'Firefox on Linux', ${soon})`,
    uuid,
  );
  await run('INSERT INTO flow.mailed VALUES ($1, now(), 1)', createHash('sha256').update(email).digest());
  await putMail(person);
  const event = await keepEvent({ action: 'login', context: {} }, uuid);
  await run(`INSERT INTO flow.webhook_deliveries (endpoint, event_id, user_id) VALUES ('siem', $1, $2)`, event, uuid);
  const mfa = new Sealer(keys.MFA_SEAL_KEYS);
  const devices = new DeviceRepository(source, mfa);
  const number = `+4917012345${username.length}`;
  await devices.add({ id, user: uuid, kind: 'sms', name: `Phone of ${username}`, secret: { number }, codes: ['c'] });
  await run('INSERT INTO mfa.sends VALUES ($1, now(), now(), 1)', mfa.digests('mfa.sends', `number:${number}`)[0]);
  await run(`INSERT INTO identification.sources VALUES ($1, $2, '{}')`, id, username);
  await run(
    'INSERT INTO identification.connections (source_id, identifier, user_id) VALUES ($1, $2, $3)',
    id,
    email,
    uuid,
  );
  await run(
    `INSERT INTO consent.grants (user_id, application_id, application_slug, application_name, permissions)
     VALUES ($1, $2, 'a', 'A', '{}')`,
    ...[uuid, id],
  );
  await run(
    `INSERT INTO consent.access_tokens VALUES ($1, $2, 1, 'c', $3, '{}', ${soon})`,
    ...[randomBytes(32), uuid, id],
  );
  await run(
    `INSERT INTO consent.device_codes (device_hash, user_hash, client_id, application_id, scopes, expires, interval_s, claimed_by)
     VALUES ($1, $1, 'c', $2, '{}', ${soon}, 5, $3)`,
    ...[randomBytes(32), id, uuid],
  );
  await run(
    `INSERT INTO consent.authorization_requests (reference_hash, client_id, application_id, request, expires, user_id, authentication)
     VALUES ($1, 'c', $2, '{}', ${soon}, $3, '{}')`,
    ...[randomBytes(32), id, uuid],
  );
  await run(
    `INSERT INTO flow.journeys (plan_id, flow_id, version_id, begun_at, ended_at, outcome, logged_in, steps, verdicts, user_id)
     VALUES ($1, $1, $1, now(), now(), 'done', true, '[]', '{}', $2)`,
    ...[id, uuid],
  );
  for (const schema of ['consent', 'enrollment', 'identification'])
    await run(`INSERT INTO ${schema}.done (id, reply) VALUES ($1, $2)`, id, JSON.stringify({ user: { uuid } }));
  await run(`INSERT INTO directory.old_passwords (user_id, password_hash) VALUES ($1, 'hash')`, uuid);
  await run(`INSERT INTO directory.superuser_permits (user_id, expires_at) VALUES ($1, ${soon})`, uuid);
  await run(
    `INSERT INTO directory.tokens (identifier, key_hash, intent, user_id) VALUES ($1, $2, 'api', $3)`,
    ...[`token of ${username}`, randomBytes(32), uuid],
  );
  await run(`INSERT INTO directory.invitations (name, created_by) VALUES ('made', $1)`, uuid);
  await run(`INSERT INTO directory.invitations (name, fixed_data) VALUES ('got', $1)`, JSON.stringify({ email }));
  await run('INSERT INTO directory.groups (id, name) VALUES ($1, $2)', id, `group ${id}`);
  await run('INSERT INTO directory.user_groups VALUES ($1, $2)', uuid, id);
}

/** Tables whose rows Postgres deletes together with a row of a personal table (`ON DELETE CASCADE`). */
const CASCADES = [
  ...['flow.session_keys', 'flow.source_logins', 'flow.forward_codes', 'flow.forward_sessions'],
  ...['flow.signed_in_applications', 'flow.webhook_deliveries', 'mfa.codes', 'directory.old_passwords'],
];
/** Tables without data about persons: configuration, keys of the database, digests of accepted captcha tokens. */
const IMPERSONAL = [
  ...[
    'captcha.spent',
    'consent.code_keys',
    'directory.groups',
    'directory.password_ring_key',
    'directory.source_groups',
  ],
  ...['flow.applied_blueprints', 'flow.brand_sets', 'flow.flow_versions', 'flow.flows', 'flow.oauth_clients'],
  ...['flow.proxy_applications', 'flow.releases', 'flow.rollouts'],
  // A running plan of a deleted user leaves no record. `flow.journeys` contains the rows of its partition.
  ...['flow.journey_counts', 'flow.journeys_default', 'flow.unrecorded_plans'],
  ...['flow.leases', 'flow.objects', 'flow.received_signals', 'identification.sources', 'mfa.digest_keys'],
  ...['captcha', 'consent', 'directory', 'enrollment', 'flow', 'identification', 'mfa'].map((s) => `${s}.migrations`),
];

async function allTables(): Promise<string[]> {
  const rows = await source.query<{ name: string }[]>(`
    SELECT table_schema || '.' || table_name AS name FROM information_schema.tables
    WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`);
  return rows.map(({ name }) => name);
}

describe('npm run user', () => {
  it('knows every table, either as one with data about persons or as one without', async () => {
    const known = [...PERSONAL_TABLES.map(({ table }) => table), ...CASCADES, ...IMPERSONAL];
    expect(await allTables()).toEqual(known.toSorted());
  });

  it('export prints the rows of every table about a person, without secrets', async () => {
    const alice = await createUser('alice');
    await new TypeormDirectoryStore(source.manager).updateUser(alice.pk, { password_hash: '$argon2id$hidden' });
    await fill(alice);
    const { code, stdout } = await user('export', 'alice');
    const exported = JSON.parse(stdout) as Record<string, unknown[]>;
    expect(code).toBe(0);
    expect(PERSONAL_TABLES.filter(({ table }) => exported[table]?.length === 0)).toEqual([]);
    expect(exported['directory.users']).toMatchObject([{ username: 'alice', email: 'alice@example.org' }]);
    expect(stdout).not.toMatch(/argon2|hash|secret|"key"|body/);
  });

  it('delete leaves nothing of the person in any table, and everything of others', async () => {
    const [alice, bob] = [await createUser('alice'), await createUser('bob')];
    await fill(alice);
    await fill(bob);
    await source.query('DELETE FROM identification.sources WHERE slug = $1', ['alice']);
    const before = await countRows();
    expect((await user('delete', 'alice')).stdout).toContain('deleted alice');
    for (const table of await allTables()) {
      const found = await source.query(`SELECT FROM ${table} t WHERE row_to_json(t)::text ~* $1`, [
        `alice|${alice.uuid}`,
      ]);
      expect([table, found]).toEqual([table, []]);
    }
    const subject = userSubject(attemptHmacKey(keys.SECRET_KEY), alice.uuid);
    expect(await source.query('SELECT FROM flow.attempts WHERE subject = $1', [subject])).toEqual([]);
    const after = await countRows();
    // The event of the deletion takes the place of the mail.
    expect(after['flow.outbox']).toBe(before['flow.outbox']);
    for (const table of ['flow.attempts', 'flow.mailed', 'flow.session_keys', 'mfa.codes'])
      expect([table, after[table]]).toEqual([table, before[table]! - 1]);
    const exported = JSON.parse((await user('export', 'bob')).stdout) as Record<string, unknown[]>;
    expect(PERSONAL_TABLES.filter(({ table }) => exported[table]?.length === 0)).toEqual([]);
  });

  it('delete finds the replies and scores of a user whose name has `\\` or Σ, and keeps those of users without an address', async () => {
    const [alice] = [await createUser('ΧΩΡΟΣ\\ΑΛΙΚΗΣ'), await createUser('bob')];
    await new TypeormDirectoryStore(source.manager).updateUser(alice.pk, { email: '' });
    const save = async (reply: object): Promise<string> => {
      const id = randomUUID();
      await source.query('INSERT INTO enrollment.done (id, reply) VALUES ($1, $2)', [id, JSON.stringify(reply)]);
      return id;
    };
    await save({ user: { username: alice.username, email: '' } });
    const others = [await save({ user: { username: 'bob', email: '', locale: '' } })];
    for (const name of [alice.username, 'bob', ''])
      await source.query(`INSERT INTO flow.reputation VALUES ($1, '203.0.113.7', -3, now() + interval '1 h')`, [name]);
    expect(await user('delete', alice.username)).toMatchObject({ code: 0 });
    const kept = await source.query<{ id: string }[]>('SELECT id FROM enrollment.done');
    expect(kept.map(({ id }) => id)).toEqual(others);
    const scores = await source.query('SELECT identifier FROM flow.reputation ORDER BY 1');
    expect(scores).toEqual([{ identifier: '' }, { identifier: 'bob' }]);
  });

  it('delete leaves no token of a code whose exchange has begun and is not committed', async () => {
    const alice = await createUser('alice');
    await fill(alice);
    const deleting = await source.transaction(async (manager) => {
      await manager.query('DELETE FROM consent.authorization_requests WHERE user_id = $1', [alice.uuid]);
      await manager.query(
        `INSERT INTO consent.access_tokens VALUES ($1, $2, 1, 'c', $3, '{}', now() + interval '1 hour')`,
        [randomBytes(32), alice.uuid, randomUUID()],
      );
      const command = user('delete', 'alice');
      await waitForBlockedStatements(source, 1);
      return { command };
    });
    expect(await deleting.command).toMatchObject({ code: 0 });
    expect(await source.query('SELECT FROM consent.access_tokens')).toEqual([]);
  });

  it('delete finds kept events that name the person only in their context, and keeps those of similar names', async () => {
    await createUser('alice');
    const mail = (to: string): AuditEvent => ({
      action: 'email_sent',
      context: { message: `Email to ${to} sent`, subject: 'Hello', from_email: 'login@example.org', to_email: to },
    });
    await keepEvent(mail('Alice@Example.org'));
    await keepEvent({ action: 'user_write', context: { username: 'alice', created: true } });
    const others = [
      await keepEvent(mail('malice@example.org')),
      await keepEvent(mail('alice@example.org.uk')),
      await keepEvent({ action: 'user_write', context: { username: 'alice2', name: 'alice', created: true } }),
    ];
    expect((await user('delete', 'alice')).stdout).toContain('flow.audit_events 2');
    const kept = await source.query<{ id: string }[]>('SELECT id FROM flow.audit_events ORDER BY position');
    expect(kept.map(({ id }) => id)).toEqual(others);
  });

  it('export and delete count the kept events whose key is lost; delete erases those that are about the user', async () => {
    const alice = await createUser('alice');
    const lost = `lost:${randomBytes(32).toString('base64')}`;
    await keepEvent({ action: 'login', context: {} }, alice.uuid, lost);
    const others: string[] = [];
    for (const username of ['alice', 'bob'])
      others.push(await keepEvent({ action: 'user_write', context: { username, created: true } }, null, lost));
    const warning = expect.stringMatching(/could not be opened: 2\..* stay until EVENTS_KEPT_S is over.* the key lost/);

    const exported = await user('export', 'alice');
    expect(exported).toMatchObject({ code: 0, stderr: warning });
    expect(JSON.parse(exported.stdout)).toMatchObject({ 'flow.audit_events': [{ action: 'login' }] });
    expect(await user('delete', 'alice')).toMatchObject({
      ...{ code: 0, stderr: warning, stdout: expect.stringContaining('flow.audit_events 1') },
    });
    const kept = await source.query<{ id: string }[]>('SELECT id FROM flow.audit_events ORDER BY position');
    expect(kept.map(({ id }) => id)).toEqual(others);
    expect((await user('list')).stdout).not.toContain('alice');
  });

  it('delete refuses while a message of the outbox cannot be opened, and changes nothing', async () => {
    const alice = await createUser('alice');
    await putMail(alice, `other:${randomBytes(32).toString('base64')}`);
    expect(await user('delete', 'alice')).toMatchObject({ code: 1, stderr: expect.stringContaining('key other') });
    expect((await user('list')).stdout).toContain('alice');
  });

  it('delete refuses a superuser without --superuser, the last one, and a user whom a blueprint object refers to', async () => {
    const [alice, bob] = [await createUser('alice'), await createUser('bob')];
    const [group] = await source.query<[{ id: string }]>(
      `INSERT INTO directory.groups (name, is_superuser) VALUES ('admins', true) RETURNING id`,
    );
    const [below] = await source.query<[{ id: string }]>(
      `INSERT INTO directory.groups (name, other_parents) VALUES ('admins of a site', ARRAY[$1::uuid]) RETURNING id`,
      [group.id],
    );
    const join = (uuid: string, id: string) =>
      source.query('INSERT INTO directory.user_groups VALUES ($1, $2)', [uuid, id]);
    await join(alice.uuid, group.id);
    expect((await user('delete', 'alice')).stderr).toContain('alice is a superuser');
    expect((await user('delete', 'alice', '--superuser')).stderr).toContain('the last active superuser');
    await join(bob.uuid, below.id);
    await source.query(`INSERT INTO flow.objects VALUES ($1, 'authentik_policies.policybinding', '{}', $2)`, [
      ...[randomUUID(), JSON.stringify({ user: alice.uuid })],
    ]);
    expect((await user('delete', 'alice', '--superuser')).stderr).toContain('authentik_policies.policybinding');
    await source.query('DELETE FROM flow.objects');
    expect((await user('delete', 'alice', '--superuser')).code).toBe(0);
  });
});

async function countRows(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const table of await allTables()) {
    const [row] = await source.query<[{ n: number }]>(`SELECT count(*)::int AS n FROM ${table}`);
    counts[table] = row.n;
  }
  return counts;
}
