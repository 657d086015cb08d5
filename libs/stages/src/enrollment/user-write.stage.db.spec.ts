import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserWriteHarness, uniqueName } from '../../testing/user-write-harness.js';

let harness: UserWriteHarness;
beforeAll(async () => {
  harness = await UserWriteHarness.open();
});
afterAll(() => harness.close());

const NEVER_CREATE = { config: { user_creation_mode: 'never_create' } };
const write: UserWriteHarness['write'] = (data, options) => harness.write(data, options);
const createUser: UserWriteHarness['createUser'] = (overrides) => harness.createUser(overrides);
const find = async (username: string) => (await harness.database.directory.findUsers({ username }))[0];

describe('creating a user', () => {
  it('saves the entered data, and only a hash of the password', async () => {
    const username = uniqueName();
    const data = { username, name: 'New', email: 'new@example.org', password: 'hunter2', 'attributes.shoe': 38 };
    const reply = await write(data, { context: { prompt_secrets: ['password', 'password_repeat'] } });

    const created = await find(username);
    expect(created).toMatchObject({
      ...{ username, name: 'New', email: 'new@example.org', password_hash: 'hash of hunter2' },
      ...{ is_active: true, type: 'external', path: 'users', attributes: { shoe: 38 } },
    });
    expect(reply).toMatchObject({
      type: 'passed',
      context: {
        pending_user: { kind: 'saved', uuid: created!.uuid, username, backend: 'authentik.core.auth.InbuiltBackend' },
        user_backend: 'authentik.core.auth.InbuiltBackend',
        prompt_data: { username, name: 'New' },
        prompt_secrets: null,
      },
      effects: [{ type: 'event', action: 'user_write', context: { username, created: true } }],
    });
    expect(JSON.stringify(reply)).not.toContain('hunter2');
  });

  it('saves a user with the active state, group, type and path that the config sets', async () => {
    const [username, group] = [uniqueName(), await harness.database.directory.createGroup({ name: uniqueName() })];
    const config = {
      ...{ create_users_as_inactive: true, create_users_group: group.pk },
      ...{ user_type: 'internal_service_account', user_path_template: 'robots' },
    };
    await write({ username }, { config });
    expect(await find(username)).toMatchObject({
      ...{ is_active: false, type: 'service_account', path: 'robots', groups: [group.pk], password_hash: '' },
    });
  });

  it('lets only the mail of the same flow activate a user who was created as inactive', async () => {
    const [waiting, active, flow] = [uniqueName(), uniqueName(), randomUUID()];
    await write({ username: waiting }, { config: { create_users_as_inactive: true }, flow });
    await write({ username: active }, { flow });
    const sql = 'SELECT username, awaits_flow FROM directory.users WHERE username = ANY($1)';
    const rows = await harness.database.source.query(sql, [[waiting, active]]);
    expect(rows).toContainEqual({ username: waiting, awaits_flow: flow });
    expect(rows).toContainEqual({ username: active, awaits_flow: null });
  });

  it('prefers type, path and groups in the context over those in the config, and records the source', async () => {
    const [username, directory] = [uniqueName(), harness.database.directory];
    const [group, other] = [
      await directory.createGroup({ name: uniqueName() }),
      await directory.createGroup({ name: uniqueName() }),
    ];
    const source = { uuid: randomUUID(), pk: 1, slug: 'github', name: 'GitHub' };
    const facts = { user_type: 'internal', user_path: 'from/github', groups: [group.name, 'nobody', other.pk], source };
    await write({ username }, { context: { ...facts, 'goauthentik.io/sources/connection': {} } });
    expect(await find(username)).toMatchObject({
      ...{ type: 'internal', path: 'from/github', groups: expect.arrayContaining([group.pk, other.pk]) },
      attributes: { 'goauthentik.io/user/sources': ['GitHub'] },
    });
  });

  it('creates one user for repeated and concurrent requests with the same id', async () => {
    const [username, id] = [uniqueName(), randomUUID()];
    const replies = await Promise.all(Array.from({ length: 6 }, () => write({ username }, { id })));
    expect(replies.map(({ type }) => type)).toEqual(Array(6).fill('passed'));
    for (const reply of replies) expect(reply).toEqual(replies[0]);
  });

  it('creates one user for concurrent requests with the same username, ignoring case', async () => {
    const username = uniqueName();
    const names = Array.from({ length: 8 }, (_, i) => (i % 2 ? username : username.toUpperCase()));
    const replies = await Promise.all(names.map((name) => write({ username: name })));
    expect(replies.filter(({ type }) => type === 'passed')).toHaveLength(1);
    const refused = replies.filter(({ type }) => type === 'denied');
    expect(refused).toEqual(Array(7).fill({ type: 'denied', message: { code: 'user_write_failed' } }));
  });

  it.each([{ username: '' }, {}, { name: 'Nobody' }])('denies prompt_data without a username: %j', async (data) => {
    const before = await harness.count();
    expect(await write(data)).toEqual({ type: 'denied' });
    expect(await harness.count()).toBe(before);
  });

  it.each([
    { username: 'x'.repeat(151) },
    { username: 'nul', name: 'a\0b' },
    { username: 'turned\u202e' },
    { username: 'long', name: 'x'.repeat(1001) },
    { username: 'lines', name: 'one\ntwo' },
    { username: 'nul', 'attributes.a': 'a\0b' },
    { username: uniqueName(), password: 'x'.repeat(4097) },
  ])('denies invalid prompt_data: %j', async (data) => {
    expect(await write(data)).toEqual({ type: 'denied', message: { code: 'user_write_failed' } });
  });

  it('creates no user with never_create, whether the visitor is logged in or not (accident 5)', async () => {
    const before = await harness.count();
    expect(await write({ username: uniqueName() }, NEVER_CREATE)).toEqual({
      ...{ type: 'denied', message: { code: 'user_write_nobody' } },
    });
    expect(await write({ username: uniqueName() }, { ...NEVER_CREATE, user: await createUser() })).toMatchObject({
      type: 'passed',
    });
    expect(await harness.count()).toBe(before + 1);
  });

  it('does not save a pretended user, but computes the hash of the password', async () => {
    const [before, username] = [await harness.count(), uniqueName()];
    const context = { pending_user: { kind: 'pretended', username, email: '' } };
    harness.passwordHashes.hashed.length = 0;
    expect(await write({ password: 'hunter2' }, { context })).toEqual({ type: 'passed', context: { prompt_data: {} } });
    expect(harness.passwordHashes.hashed).toEqual(['hunter2']);
    expect(await harness.count()).toBe(before);
  });

  it('creates a new user with always_create, even with a pending user', async () => {
    const [user, username] = [await createUser(), uniqueName()];
    await write(
      { username },
      { config: { user_creation_mode: 'always_create' }, user, context: { pending_user: user } },
    );
    expect(await find(username)).toBeDefined();
    expect(await find(user.username)).toBeDefined();
  });
});

describe('a superuser group', () => {
  const REFUSED = { type: 'denied', message: { code: 'user_write_failed' } };
  const group = (more: object = {}) => harness.database.directory.createGroup({ name: uniqueName(), ...more });

  it('gets no member through a flow, by id or by name, directly or through a child group', async () => {
    const [username, admins, staff] = [uniqueName(), await group({ is_superuser: true }), await group()];
    const below = await group({ parents: [admins.pk] });
    for (const { pk, name } of [admins, below]) {
      expect(await write({ username }, { config: { create_users_group: pk } })).toEqual(REFUSED);
      expect(await write({ username }, { context: { groups: [staff.name, name] } })).toEqual(REFUSED);
      expect(await find(username)).toBeUndefined();
      const user = await createUser();
      const options = { context: { pending_user: user, groups: [staff.pk, pk] } };
      expect(await write({ name: 'Admin' }, options)).toEqual(REFUSED);
      expect(await find(user.username)).toMatchObject({ name: 'Somebody', groups: [] });
    }
  });

  it('may be named in the context if the user is already a member', async () => {
    const [admins, admin] = [await group({ is_superuser: true }), await createUser()];
    await harness.database.directory.setGroups(admin.pk, [admins.pk]);
    const options = { context: { pending_user: admin, groups: [admins.name] } };
    expect(await write({ name: 'Admin' }, options)).toMatchObject({ type: 'passed' });
    expect(await find(admin.username)).toMatchObject({ name: 'Admin', groups: [admins.pk] });
  });
});

describe('changing a user', () => {
  it('keeps values that the visitor has not entered, including nested attributes', async () => {
    const user = await createUser({ email: 'a@example.org', attributes: { settings: { theme: 'dark' }, list: [1] } });
    const data = { name: 'Other', 'attributes.settings.locale': 'de', 'attributes.list': [2] };
    const reply = await write(data, { context: { pending_user: user } });
    expect(await find(user.username)).toMatchObject({
      ...{ name: 'Other', email: 'a@example.org', type: 'internal', path: 'users', epoch: user.epoch },
      attributes: { settings: { theme: 'dark', locale: 'de' }, list: [2] },
    });
    expect(reply).toMatchObject({
      context: { pending_user: { name: 'Other', locale: 'de', epoch: user.epoch } },
      effects: [{ action: 'user_write', context: { created: false } }],
    });
  });

  it('writes no unchanged data, and no event for it since 2026.8, but still adds the user to groups', async () => {
    const group = await harness.database.directory.createGroup({ name: uniqueName() });
    const user = await createUser({ email: `${uniqueName()}@example.org`, attributes: { a: { b: [1] } } });
    const row = () => harness.database.source.query('SELECT xmin FROM directory.users WHERE id = $1', [user.uuid]);
    const same = { name: user.name, email: user.email, 'attributes.a.b': [1] };
    const eventsOf = async (data: object, apiVersion: '2024.8' | '2026.8') => {
      const { effects } = await write(data, { apiVersion, context: { pending_user: user, groups: [group.name] } });
      return effects?.map((effect) => 'action' in effect && effect.action);
    };
    const before = await row();
    expect([await eventsOf(same, '2024.8'), await eventsOf(same, '2026.8')]).toEqual([['user_write'], []]);
    expect(await row()).toEqual(before);
    expect(await find(user.username)).toMatchObject({ groups: [group.pk] });
    expect(await eventsOf({ ...same, 'attributes.a.b': [2] }, '2026.8')).toEqual(['user_write']);
    expect(await eventsOf({ password: 'hunter2' }, '2026.8')).toEqual(['password_set', 'user_write']);
  });

  it('merges concurrent changes of attributes', async () => {
    const user = await createUser();
    const keys = Array.from({ length: 8 }, (_, i) => `attributes.k${i}`);
    await Promise.all(keys.map((key) => write({ [key]: 1 }, { context: { pending_user: user } })));
    expect(Object.keys((await find(user.username))!.attributes)).toHaveLength(8);
  });

  it('changes the logged-in user if no user is pending, and keeps their session after a new password', async () => {
    const user = await createUser();
    const reply = await write({ username: `${user.username}-2`, password: 'hunter2' }, { user });
    const renamed = await find(`${user.username}-2`);
    expect(renamed).toMatchObject({ uuid: user.uuid, epoch: user.epoch + 1, password_hash: 'hash of hunter2' });
    expect(reply).toMatchObject({
      verified: ['password'],
      effects: [
        { type: 'keep_session', user_epoch: user.epoch + 1 },
        { type: 'event', action: 'password_set' },
        { type: 'event', action: 'user_write' },
      ],
    });
  });

  it('changes the pending user, not the logged-in user, and keeps the session of the logged-in user', async () => {
    const [user, visitor] = [await createUser(), await createUser()];
    const reply = await write({ password: 'hunter2' }, { user: visitor, context: { pending_user: user } });
    expect(await find(user.username)).toMatchObject({ password_hash: 'hash of hunter2' });
    expect(await find(visitor.username)).toMatchObject({ password_hash: '', epoch: visitor.epoch });
    expect(JSON.stringify(reply)).not.toContain('keep_session');
  });

  it('requires a second factor before a recovery flow replaces a password (accident 25)', async () => {
    const user = await createUser({ password_hash: 'old' });
    const hashOf = async () => (await find(user.username))?.password_hash;
    const change = (context: object, data: object = { password: 'hunter2' }) =>
      write(data, { ...NEVER_CREATE, designation: 'recovery', context: { pending_user: user, ...context } });
    const options = {
      type: 'passed',
      context: { proof_asked: user.uuid },
      insert: {
        where: 'before',
        steps: [{ kind: 'authenticator_validate', config: { not_configured_action: 'skip' } }],
      },
    };
    for (const context of [{}, { proof_asked: randomUUID() }, { auth_method_args: { mfa_devices: [] } }])
      expect(await change(context)).toEqual(options);
    expect(await hashOf()).toBe('old');

    expect(await change({}, { name: 'Other' })).not.toHaveProperty('insert');
    expect(await change({ auth_method_args: { mfa_devices: [{ pk: 1 }] } })).not.toHaveProperty('insert');
    expect(await change({ proof_asked: user.uuid })).not.toHaveProperty('insert');
    expect(await hashOf()).toBe('hash of hunter2');
  });

  it('keeps the active state, type, path and groups of an existing user, despite the config', async () => {
    const group = await harness.database.directory.createGroup({ name: uniqueName() });
    const user = await createUser({ is_active: false });
    const config = { create_users_group: group.pk, user_type: 'external', user_path_template: 'elsewhere' };
    await write({ name: 'Other', is_active: true }, { config, context: { pending_user: user } });
    expect(await find(user.username)).toMatchObject({
      ...{ name: 'Other', is_active: false, type: 'internal', path: 'users', groups: [] },
    });
  });

  it('denies a change to the username of another user', async () => {
    const [user, other] = [await createUser(), await createUser()];
    expect(await write({ username: other.username.toUpperCase() }, { context: { pending_user: user } })).toEqual({
      ...{ type: 'denied', message: { code: 'user_write_failed' } },
    });
    expect(await write({ username: '' }, { context: { pending_user: user } })).toEqual({ type: 'denied' });
  });

  it('records each source of a user once', async () => {
    const user = await createUser({ attributes: { 'goauthentik.io/user/sources': ['GitHub'] } });
    const loginFrom = (name: string) =>
      write(
        {},
        {
          context: {
            ...{ pending_user: user, source: { uuid: randomUUID(), pk: 1, slug: 's', name } },
            'goauthentik.io/sources/connection': {},
          },
        },
      );
    await loginFrom('GitHub');
    await loginFrom('GitLab');
    expect((await find(user.username))!.attributes).toEqual({ 'goauthentik.io/user/sources': ['GitHub', 'GitLab'] });
  });

  it('saves one of several passwords set concurrently, and denies the other requests (accident 7)', async () => {
    const user = await createUser();
    const replies = await Promise.all(
      ['first', 'second', 'third'].map((password) =>
        write({ password }, { ...NEVER_CREATE, context: { pending_user: user } }),
      ),
    );
    expect(replies.map(({ type }) => type).sort()).toEqual(['denied', 'denied', 'passed']);
    const { password_hash } = (await find(user.username))!;
    const winner = replies.findIndex(({ type }) => type === 'passed');
    expect(password_hash).toBe(`hash of ${['first', 'second', 'third'][winner]}`);
  });

  it('denies a change if the pending user was deleted', async () => {
    const user = await createUser();
    await harness.database.directory.removeUser(user.pk);
    expect(await write({ name: 'x' }, { context: { pending_user: user } })).toEqual({ type: 'denied' });
  });
});

it('the user write stage denies a plan without prompt_data', async () => {
  expect(await write(undefined)).toEqual({ type: 'denied', message: { code: 'user_write_no_data' } });
});

it('the user write stage puts no password into its reply or table, even from a field with another key', async () => {
  const data = { username: uniqueName(), pin: 'hunter2', notes: 'n'.repeat(5000) };
  const reply = await write(data, { context: { prompt_secrets: ['pin'] } });
  expect(JSON.stringify(reply)).not.toContain('hunter2');
  const [{ rows }] = await harness.database.source.query('SELECT json_agg(d)::text AS rows FROM enrollment.done d');
  expect(rows).toContain(data.username);
  expect(rows).not.toMatch(/hunter2|nnn/);
  expect(reply).toMatchObject({ effects: [{ context: { notes: 'n'.repeat(1024) } }] });
});

it('the event of a user write cuts a long text between characters, not in the middle of an emoji', async () => {
  const reply = await write({ username: uniqueName(), notes: `${'n'.repeat(1023)}😀 and more` });
  expect(reply).toMatchObject({ type: 'passed', effects: [{ context: { notes: `${'n'.repeat(1023)}😀` } }] });
});

describe('attributes that are not an object', () => {
  it.each(['all', ['all'], 7, null])('are refused since 2026.8, and ignored in 2024.8: %j', async (attributes) => {
    const [refused, written] = [uniqueName(), uniqueName()];
    expect(await write({ username: refused, attributes }, { apiVersion: '2026.8' })).toEqual({
      ...{ type: 'denied', message: { code: 'user_write_failed' } },
    });
    expect(await find(refused)).toBeUndefined();
    expect(await write({ username: written, attributes })).toMatchObject({ type: 'passed' });
  });

  it('are merged since 2026.8 if they are an object, and id and pk are never written', async () => {
    const alice = await createUser({ attributes: { kept: 1, nested: { a: 1 } } });
    const data = { id: randomUUID(), pk: 1, attributes: { nested: { b: 2 } }, attributes_shoe_size: 38 };
    await write(data, { ...NEVER_CREATE, apiVersion: '2026.8', context: { pending_user: alice } });
    expect(await find(alice.username)).toMatchObject({
      ...{ uuid: alice.uuid, pk: alice.pk, attributes: { kept: 1, nested: { a: 1, b: 2 }, shoe_size: 38 } },
    });
  });
});
