import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeviceRepository } from '@gatehouse/authenticators';
import { TypeormDirectoryStore } from '@gatehouse/directory';
import { attemptHmacKey, userSubject } from '@gatehouse/executor';
import { flowDatabase } from '@gatehouse/executor-postgres/testing';
import { Sealer } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../../../test/support/commands.js';
import { recordedEvents } from '../../../../test/support/recorded-events.js';

const key = () => `k:${randomBytes(32).toString('base64')}`;
const keys = { SEAL_KEYS: key(), MFA_SEAL_KEYS: key(), SECRET_KEY: 's'.repeat(32) };
const PASSWORD = 'correct horse battery'; // not-a-secret
let url: string;
let source: DataSource;
let close: () => Promise<void>;
let folder: string;
beforeAll(async () => {
  ({ url, source, close } = await flowDatabase());
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-events-'));
});
afterAll(async () => {
  await close?.();
  await rm(folder, { recursive: true });
});
beforeEach(() =>
  source.query(
    'TRUNCATE directory.users, directory.groups, flow.sessions, flow.outbox, flow.attempts, mfa.devices CASCADE',
  ),
);

const user = (args: string[], { stdin = '', env = keys as Record<string, string> } = {}) =>
  runCli('user', args, { env: { DATABASE_URL: url, GATEHOUSE_DIR: folder, ...env }, stdin });
const events = (action: string) =>
  recordedEvents({ rows: (sql, values) => source.query(sql, values), sealing: keys }, action);
const topics = async () =>
  (await source.query<{ topic: string }[]>('SELECT topic FROM flow.outbox ORDER BY seq')).map(({ topic }) => topic);
const createUser = (username: string) =>
  new TypeormDirectoryStore(source.manager).createUser({ username, email: `${username}@example.org` });

describe('the event of npm run user', () => {
  it('create names the user, the groups and the command, and hides the password', async () => {
    await source.query(`INSERT INTO directory.groups (name) VALUES ('staff')`);
    await user(['create', 'bob', '--email', 'bob@example.org', '--group', 'staff', '--password'], { stdin: PASSWORD });
    const [event] = await events('user_write');
    expect(await topics()).toEqual(['events.user_write']);
    expect(event!.data).toMatchObject({
      ...{ actor: { type: 'system', command: 'user create' }, client_ip: '', request_id: null },
      user: { username: 'bob', email: 'bob@example.org' },
      context: {
        username: 'bob',
        email: 'bob@example.org',
        password: '*'.repeat(20),
        groups: ['staff'],
        created: true,
      },
    });
    expect(JSON.stringify(event)).not.toMatch(/correct|argon2/);
  });

  it('set-password says that the password was set, and has no part of it', async () => {
    const { uuid } = await createUser('bob');
    await user(['set-password', 'bob'], { stdin: PASSWORD });
    const recorded = await events('password_set');
    expect(recorded).toMatchObject([
      { subject: `users/${uuid}`, data: { actor: { type: 'system', command: 'user set-password' }, context: {} } },
    ]);
    expect(JSON.stringify(recorded)).not.toMatch(/correct|argon2/);
  });

  it('lock and unlock say whether the account is active now, and which credentials were unlocked', async () => {
    const { uuid } = await createUser('bob');
    await source.query(
      `INSERT INTO flow.attempts (subject, credential, failures, free_at, free) VALUES ($1, 'totp', 60, now(), 5)`,
      [userSubject(attemptHmacKey(keys.SECRET_KEY), uuid)],
    );
    await user(['lock', 'bob']);
    await user(['unlock', 'bob']);
    await user(['unlock', 'bob']);
    expect(await topics()).toEqual(['events.user_write', 'events.user_write', 'events.command_run']);
    expect((await events('user_write')).map(({ data }) => [data.actor, data.context])).toEqual([
      [
        { type: 'system', command: 'user lock' },
        { is_active: false, created: false },
      ],
      [
        { type: 'system', command: 'user unlock' },
        { is_active: true, created: false },
      ],
    ]);
    expect((await events('command_run'))[0]!.data).toMatchObject({
      user: { uuid },
      context: { counts: [{ name: 'totp', count: 1 }] },
    });
  });

  it('end-sessions names each session that was live, or says that there was none', async () => {
    const { uuid } = await createUser('bob');
    const [live, old] = [randomUUID(), randomUUID()];
    await source.query(
      `INSERT INTO flow.sessions (id, user_id, expires_at)
       VALUES ($1, $3, now() + interval '1 h'), ($2, $3, now() - interval '1 h')`,
      [live, old, uuid],
    );
    await user(['end-sessions', 'bob']);
    await user(['end-sessions', 'bob']);
    expect(await topics()).toEqual(['events.session_ended', 'events.command_run']);
    expect((await events('session_ended'))[0]!.data).toMatchObject({
      ...{ actor: { type: 'system', command: 'user end-sessions' }, user: { uuid } },
      context: { session: live, own: false },
    });
    expect((await events('command_run'))[0]!.data.context).toEqual({ counts: [{ name: 'sessions', count: 0 }] });
  });

  it('remove-devices names each device without its secret, and is not written if there is no device', async () => {
    const { uuid } = await createUser('bob');
    const devices = new DeviceRepository(source, new Sealer(keys.MFA_SEAL_KEYS));
    const secret = { key: 'deadbeef' }; // not-a-secret
    await devices.add({ id: randomUUID(), user: uuid, kind: 'totp', name: 'phone', secret });
    await user(['remove-devices', 'bob']);
    await user(['remove-devices', 'bob']);
    const recorded = await events('model_deleted');
    expect(recorded).toMatchObject([
      { data: { user: { uuid }, context: { model: { model_name: 'totpdevice', name: 'phone' } } } },
    ]);
    expect(JSON.stringify(recorded)).not.toContain('deadbeef');
    expect(await topics()).toHaveLength(1);
  });

  it('export counts the rows that were printed', async () => {
    const { uuid } = await createUser('bob');
    await user(['export', 'bob']);
    expect((await events('command_run')).map(({ data }) => data)).toMatchObject([
      {
        ...{ actor: { type: 'system', command: 'user export' }, user: { uuid } },
        context: { counts: [{ name: 'directory.users', count: 1 }] },
      },
    ]);
  });

  it('delete names the user only by pk, and is not deleted with the user', async () => {
    const { uuid, pk } = await createUser('bob');
    await user(['lock', 'bob']);
    await user(['delete', 'bob']);
    expect(await topics()).toEqual(['events.model_deleted']);
    const [event] = await events('model_deleted');
    expect(event!.data).toMatchObject({
      user: null,
      context: { model: { app: 'authentik_core', model_name: 'user', pk } },
    });
    expect(JSON.stringify(event)).not.toMatch(new RegExp(`bob|${uuid}`));
  });
});

describe('a run of npm run user', () => {
  it('that fails writes no event', async () => {
    await createUser('bob');
    await source.query(`INSERT INTO directory.groups (name, is_superuser) VALUES ('admins', true)`);
    await source.query(
      'INSERT INTO directory.user_groups SELECT u.id, g.id FROM directory.users u, directory.groups g',
    );
    for (const args of [
      ['create', 'bob'],
      ['create', 'eve', '--group', 'none'],
      ['delete', 'bob', '--superuser'],
    ])
      expect(await user(args)).toMatchObject({ code: 1 });
    expect(await topics()).toEqual([]);
  });

  it('that fails after its event was written rolls the event back', async () => {
    await createUser('bob');
    await source.query(`
      CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused at commit'; END $$;
      CREATE CONSTRAINT TRIGGER refused AFTER INSERT OR UPDATE OR DELETE ON directory.users
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.refuse()`);
    try {
      for (const args of [
        ['lock', 'bob'],
        ['create', 'eve'],
        ['delete', 'bob'],
        ['end-sessions', 'bob'],
      ])
        expect(await user(args)).toMatchObject({ code: 1, stderr: expect.stringContaining('refused at commit') });
    } finally {
      await source.query('DROP TRIGGER refused ON directory.users; DROP FUNCTION public.refuse');
    }
    expect(await topics()).toEqual([]);
  });

  it('changes nothing if its event cannot be written', async () => {
    await createUser('bob');
    await source.query('ALTER TABLE flow.outbox ADD CONSTRAINT refused CHECK (false) NOT VALID');
    try {
      for (const args of [
        ['lock', 'bob'],
        ['create', 'eve'],
        ['delete', 'bob'],
        ['end-sessions', 'bob'],
      ])
        expect(await user(args)).toMatchObject({ code: 1, stderr: expect.stringContaining('refused') });
    } finally {
      await source.query('ALTER TABLE flow.outbox DROP CONSTRAINT refused');
    }
    expect(await source.query('SELECT username, is_active FROM directory.users')).toEqual([
      { username: 'bob', is_active: true },
    ]);
  });

  it('does its work without SEAL_KEYS, and warns that no event was written', async () => {
    await createUser('bob');
    const warning = expect.stringMatching(/^warning: no audit event .* SEAL_KEYS is not set\. Set it/);
    expect(await user(['lock', 'bob'], { env: {} })).toMatchObject({ code: 0, stderr: warning });
    expect(await source.query('SELECT is_active FROM directory.users')).toEqual([{ is_active: false }]);
    expect(await user(['list'], { env: {} })).toMatchObject({ code: 0, stderr: '' });
    expect(await topics()).toEqual([]);
  });

  it('does not seal events with the stored key of a local Gatehouse for another database', async () => {
    await createUser('bob');
    const stored = { sealKey: randomBytes(32).toString('base64') };
    await writeFile(join(folder, 'secrets.json'), JSON.stringify(stored));
    expect((await user(['lock', 'bob'], { env: {} })).stderr).toMatch(/^warning: no audit event/);
    expect(await topics()).toEqual([]);
  });
});

describe('an import', () => {
  const userLine = (username: string) =>
    JSON.stringify({
      model: 'authentik_core.user',
      pk: 7,
      fields: { username, name: username, email: '', password: '' },
    });
  async function imported(...lines: readonly string[]) {
    const file = join(folder, 'export.jsonl');
    await writeFile(file, lines.join('\n'));
    return user(['import', file]);
  }

  it('writes one event with its counts, and none if it adds nothing', async () => {
    const lines = Array.from({ length: 700 }, (_, i) => userLine(`user-${i}`));
    await imported(...lines);
    await imported(...lines);
    expect(await topics()).toEqual(['events.command_run']);
    expect((await events('command_run'))[0]!.data).toMatchObject({
      ...{ actor: { type: 'system', command: 'user import' }, user: null },
      context: { counts: [{ name: 'users', count: 700 }] },
    });
  });

  it('of devices writes an event with the number of devices of each kind', async () => {
    await createUser('bob');
    const app = 'authentik_stages_authenticator_totp.totpdevice';
    const fields = {
      user: 7,
      name: 'Mine',
      confirmed: true,
      key: '31323334',
      step: 30,
      t0: 0,
      digits: 6,
      tolerance: 1,
    };
    const lines = [
      { model: 'authentik_core.user', pk: 7, fields: { username: 'bob', email: '' } },
      { model: app, pk: 1, fields: { ...fields, drift: 0, last_t: 41 } },
    ];
    const file = join(folder, 'devices.jsonl');
    await writeFile(file, lines.map((line) => JSON.stringify(line)).join('\n'));
    expect(await user(['import-devices', file])).toMatchObject({ code: 0 });
    const recorded = await events('command_run');
    expect(recorded).toMatchObject([
      {
        data: {
          ...{ actor: { type: 'system', command: 'user import-devices' }, user: null },
          context: { counts: [{ name: 'totp devices', count: 1 }] },
        },
      },
    ]);
  });

  it('of links writes an event with the numbers of new consents, connections and tokens, without keys', async () => {
    await createUser('carol');
    const key = 'made-up-key-of-a-token-0123456789'; // not-a-secret
    const fields = { user: 7, identifier: 'carols', key, intent: 'api', expires: null, expiring: false };
    const lines = [
      { model: 'authentik_core.user', pk: 7, fields: { username: 'carol' } },
      { model: 'authentik_core.token', pk: randomUUID(), fields },
    ];
    const file = join(folder, 'links.jsonl');
    await writeFile(file, lines.map((line) => JSON.stringify(line)).join('\n'));
    for (const _ of ['first', 'second']) expect(await user(['import-links', file])).toMatchObject({ code: 0 });
    const recorded = await events('command_run');
    expect(recorded).toMatchObject([
      {
        data: {
          actor: { type: 'system', command: 'user import-links' },
          context: { counts: [{ name: 'tokens', count: 1 }] },
        },
      },
    ]);
    expect(JSON.stringify(recorded)).not.toContain(key);
  });

  it('that fails after its first batch writes an event with the users of that batch', async () => {
    await source.query(`ALTER TABLE directory.users ADD CONSTRAINT refused CHECK (username <> 'user-600')`);
    try {
      const lines = Array.from({ length: 700 }, (_, i) => userLine(`user-${i}`));
      expect(await imported(...lines)).toMatchObject({ code: 1, stderr: expect.stringContaining('refused') });
    } finally {
      await source.query('ALTER TABLE directory.users DROP CONSTRAINT refused');
    }
    const [event] = await events('command_run');
    expect(event!.data.context).toEqual({ counts: [{ name: 'users', count: 500 }] });
  });
});
