import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fresh, UserWriteHarness } from '../../testing/user-write-harness.js';

let desk: UserWriteHarness;
beforeAll(async () => {
  desk = await UserWriteHarness.open();
});
afterAll(() => desk.close());

const NEVER = { config: { user_creation_mode: 'never_create' } };
const write: UserWriteHarness['write'] = (data, asked) => desk.write(data, asked);
const somebody: UserWriteHarness['somebody'] = (more) => desk.somebody(more);
const find = async (username: string) => (await desk.database.register.findUsers({ username }))[0];

describe('a user who is made', () => {
  it('has what was filled in, and only a hash of the password', async () => {
    const username = fresh();
    const data = { username, name: 'New', email: 'new@example.org', password: 'hunter2', 'attributes.shoe': 38 };
    const done = await write(data, { context: { prompt_secrets: ['password', 'password_repeat'] } });

    const made = await find(username);
    expect(made).toMatchObject({
      ...{ username, name: 'New', email: 'new@example.org', password_hash: 'hash of hunter2' },
      ...{ is_active: true, type: 'external', path: 'users', attributes: { shoe: 38 } },
    });
    expect(done).toMatchObject({
      type: 'passed',
      context: {
        pending_user: { kind: 'saved', uuid: made!.uuid, username, backend: 'authentik.core.auth.InbuiltBackend' },
        user_backend: 'authentik.core.auth.InbuiltBackend',
        prompt_data: { username, name: 'New' },
        prompt_secrets: null,
      },
      effects: [{ type: 'event', action: 'user_write', context: { username, created: true } }],
    });
    expect(JSON.stringify(done)).not.toContain('hunter2');
  });

  it('is as the stage was told', async () => {
    const [username, group] = [fresh(), await desk.database.register.createGroup({ name: fresh() })];
    const config = {
      ...{ create_users_as_inactive: true, create_users_group: group.pk },
      ...{ user_type: 'internal_service_account', user_path_template: 'robots' },
    };
    await write({ username }, { config });
    expect(await find(username)).toMatchObject({
      ...{ is_active: false, type: 'service_account', path: 'robots', groups: [group.pk], password_hash: '' },
    });
  });

  it('waits for the mail of the flow that made it inactive, and otherwise for none', async () => {
    const [waiting, active, flow] = [fresh(), fresh(), randomUUID()];
    await write({ username: waiting }, { config: { create_users_as_inactive: true }, flow });
    await write({ username: active }, { flow });
    const sql = 'SELECT username, awaits_flow FROM directory.users WHERE username = ANY($1)';
    const rows = await desk.database.source.query(sql, [[waiting, active]]);
    expect(rows).toContainEqual({ username: waiting, awaits_flow: flow });
    expect(rows).toContainEqual({ username: active, awaits_flow: null });
  });

  it('is as policies and the source say before that', async () => {
    const [username, register] = [fresh(), desk.database.register];
    const [group, other] = [
      await register.createGroup({ name: fresh() }),
      await register.createGroup({ name: fresh() }),
    ];
    const source = { uuid: randomUUID(), pk: 1, slug: 'github', name: 'GitHub' };
    const facts = { user_type: 'internal', user_path: 'from/github', groups: [group.name, 'nobody', other.pk], source };
    await write({ username }, { context: { ...facts, 'goauthentik.io/sources/connection': {} } });
    expect(await find(username)).toMatchObject({
      ...{ type: 'internal', path: 'from/github', groups: expect.arrayContaining([group.pk, other.pk]) },
      attributes: { 'goauthentik.io/user/sources': ['GitHub'] },
    });
  });

  it('is one, however often and at whatever moment the same work is asked for', async () => {
    const [username, id] = [fresh(), randomUUID()];
    const all = await Promise.all(Array.from({ length: 6 }, () => write({ username }, { id })));
    expect(all.map(({ type }) => type)).toEqual(Array(6).fill('passed'));
    for (const reply of all) expect(reply).toEqual(all[0]);
  });

  it('has a name that nobody else has, of many who ask at once for it in any case', async () => {
    const username = fresh();
    const names = Array.from({ length: 8 }, (_, i) => (i % 2 ? username : username.toUpperCase()));
    const all = await Promise.all(names.map((name) => write({ username: name })));
    expect(all.filter(({ type }) => type === 'passed')).toHaveLength(1);
    const refused = all.filter(({ type }) => type === 'denied');
    expect(refused).toEqual(Array(7).fill({ type: 'denied', message: { code: 'user_write_failed' } }));
  });

  it.each([{ username: '' }, {}, { name: 'Nobody' }])('needs a name: %j', async (data) => {
    const before = await desk.count();
    expect(await write(data)).toEqual({ type: 'denied' });
    expect(await desk.count()).toBe(before);
  });

  it.each([
    { username: 'x'.repeat(151) },
    { username: 'nul', name: 'a\0b' },
    { username: 'turned\u202e' },
    { username: 'long', name: 'x'.repeat(1001) },
    { username: 'lines', name: 'one\ntwo' },
    { username: 'nul', 'attributes.a': 'a\0b' },
  ])('is not made of what does not fit: %j', async (data) => {
    expect(await write(data)).toEqual({ type: 'denied', message: { code: 'user_write_failed' } });
  });

  it('is not made where the stage never makes one, logged in or not (accident 5)', async () => {
    const before = await desk.count();
    expect(await write({ username: fresh() }, NEVER)).toEqual({
      ...{ type: 'denied', message: { code: 'user_write_nobody' } },
    });
    expect(await write({ username: fresh() }, { ...NEVER, user: await somebody() })).toMatchObject({ type: 'passed' });
    expect(await desk.count()).toBe(before + 1);
  });

  it('is never one who was only pretended, who takes as long all the same', async () => {
    const [before, username] = [await desk.count(), fresh()];
    const context = { pending_user: { kind: 'pretended', username, email: '' } };
    desk.hashes.made.length = 0;
    expect(await write({ password: 'hunter2' }, { context })).toEqual({ type: 'passed', context: { prompt_data: {} } });
    expect(desk.hashes.made).toEqual(['hunter2']);
    expect(await desk.count()).toBe(before);
  });

  it('is a new one for whoever is there, where the stage always makes one', async () => {
    const [user, username] = [await somebody(), fresh()];
    await write(
      { username },
      { config: { user_creation_mode: 'always_create' }, user, context: { pending_user: user } },
    );
    expect(await find(username)).toBeDefined();
    expect(await find(user.username)).toBeDefined();
  });
});

describe('a group that makes superusers', () => {
  const REFUSED = { type: 'denied', message: { code: 'user_write_failed' } };
  const group = (more: object = {}) => desk.database.register.createGroup({ name: fresh(), ...more });

  it('gets no member by a flow, by its id or its name, nor does a group below it', async () => {
    const [username, admins, staff] = [fresh(), await group({ is_superuser: true }), await group()];
    const below = await group({ parent: admins.pk });
    for (const { pk, name } of [admins, below]) {
      expect(await write({ username }, { config: { create_users_group: pk } })).toEqual(REFUSED);
      expect(await write({ username }, { context: { groups: [staff.name, name] } })).toEqual(REFUSED);
      expect(await find(username)).toBeUndefined();
      const known = await somebody();
      const asked = { context: { pending_user: known, groups: [staff.pk, pk] } };
      expect(await write({ name: 'Admin' }, asked)).toEqual(REFUSED);
      expect(await find(known.username)).toMatchObject({ name: 'Somebody', groups: [] });
    }
  });

  it('may be named for a user who is in it already', async () => {
    const [admins, admin] = [await group({ is_superuser: true }), await somebody()];
    await desk.database.register.setGroups(admin.pk, [admins.pk]);
    const asked = { context: { pending_user: admin, groups: [admins.name] } };
    expect(await write({ name: 'Admin' }, asked)).toMatchObject({ type: 'passed' });
    expect(await find(admin.username)).toMatchObject({ name: 'Admin', groups: [admins.pk] });
  });
});

describe('a user who is changed', () => {
  it('keeps what was not filled in, deep inside of attributes too', async () => {
    const user = await somebody({ email: 'a@example.org', attributes: { settings: { theme: 'dark' }, list: [1] } });
    const data = { name: 'Other', 'attributes.settings.locale': 'de', 'attributes.list': [2] };
    const done = await write(data, { context: { pending_user: user } });
    expect(await find(user.username)).toMatchObject({
      ...{ name: 'Other', email: 'a@example.org', type: 'internal', path: 'users', epoch: user.epoch },
      attributes: { settings: { theme: 'dark', locale: 'de' }, list: [2] },
    });
    expect(done).toMatchObject({
      context: { pending_user: { name: 'Other', locale: 'de', epoch: user.epoch } },
      effects: [{ action: 'user_write', context: { created: false } }],
    });
  });

  it('loses nothing to another who writes at the same moment', async () => {
    const user = await somebody();
    const keys = Array.from({ length: 8 }, (_, i) => `attributes.k${i}`);
    await Promise.all(keys.map((key) => write({ [key]: 1 }, { context: { pending_user: user } })));
    expect(Object.keys((await find(user.username))!.attributes)).toHaveLength(8);
  });

  it('is whoever is logged in, where the flow is about nobody; and their session goes on under a new password', async () => {
    const user = await somebody();
    const done = await write({ username: `${user.username}-2`, password: 'hunter2' }, { user });
    const renamed = await find(`${user.username}-2`);
    expect(renamed).toMatchObject({ uuid: user.uuid, epoch: user.epoch + 1, password_hash: 'hash of hunter2' });
    expect(done).toMatchObject({
      verified: ['password'],
      effects: [
        { type: 'keep_session', user_epoch: user.epoch + 1 },
        { type: 'event', action: 'password_set' },
        { type: 'event', action: 'user_write' },
      ],
    });
  });

  it('is whom the flow is about before whoever is logged in, whose session is left alone', async () => {
    const [user, visitor] = [await somebody(), await somebody()];
    const done = await write({ password: 'hunter2' }, { user: visitor, context: { pending_user: user } });
    expect(await find(user.username)).toMatchObject({ password_hash: 'hash of hunter2' });
    expect(await find(visitor.username)).toMatchObject({ password_hash: '', epoch: visitor.epoch });
    expect(JSON.stringify(done)).not.toContain('keep_session');
  });

  it('is asked for a second factor before a recovery gives them another password (accident 25)', async () => {
    const user = await somebody({ password_hash: 'old' });
    const hashOf = async () => (await find(user.username))?.password_hash;
    const change = (context: object, data: object = { password: 'hunter2' }) =>
      write(data, { ...NEVER, designation: 'recovery', context: { pending_user: user, ...context } });
    const asked = {
      type: 'passed',
      context: { proof_asked: user.uuid },
      insert: {
        where: 'before',
        steps: [{ kind: 'authenticator_validate', config: { not_configured_action: 'skip' } }],
      },
    };
    for (const context of [{}, { proof_asked: randomUUID() }, { auth_method_args: { mfa_devices: [] } }])
      expect(await change(context)).toEqual(asked);
    expect(await hashOf()).toBe('old');

    expect(await change({}, { name: 'Other' })).not.toHaveProperty('insert');
    expect(await change({ auth_method_args: { mfa_devices: [{ pk: 1 }] } })).not.toHaveProperty('insert');
    expect(await change({ proof_asked: user.uuid })).not.toHaveProperty('insert');
    expect(await hashOf()).toBe('hash of hunter2');
  });

  it('is not made active, and keeps type, path and groups, whatever the stage makes new ones of', async () => {
    const group = await desk.database.register.createGroup({ name: fresh() });
    const user = await somebody({ is_active: false });
    const config = { create_users_group: group.pk, user_type: 'external', user_path_template: 'elsewhere' };
    await write({ name: 'Other', is_active: true }, { config, context: { pending_user: user } });
    expect(await find(user.username)).toMatchObject({
      ...{ name: 'Other', is_active: false, type: 'internal', path: 'users', groups: [] },
    });
  });

  it('is not given the name of another', async () => {
    const [user, other] = [await somebody(), await somebody()];
    expect(await write({ username: other.username.toUpperCase() }, { context: { pending_user: user } })).toEqual({
      ...{ type: 'denied', message: { code: 'user_write_failed' } },
    });
    expect(await write({ username: '' }, { context: { pending_user: user } })).toEqual({ type: 'denied' });
  });

  it('comes from a source once, however often they come from it', async () => {
    const user = await somebody({ attributes: { 'goauthentik.io/user/sources': ['GitHub'] } });
    const come = (name: string) =>
      write(
        {},
        {
          context: {
            ...{ pending_user: user, source: { uuid: randomUUID(), pk: 1, slug: 's', name } },
            'goauthentik.io/sources/connection': {},
          },
        },
      );
    await come('GitHub');
    await come('GitLab');
    expect((await find(user.username))!.attributes).toEqual({ 'goauthentik.io/user/sources': ['GitHub', 'GitLab'] });
  });

  it('who is gone is denied', async () => {
    const user = await somebody();
    await desk.database.register.removeUser(user.pk);
    expect(await write({ name: 'x' }, { context: { pending_user: user } })).toEqual({ type: 'denied' });
  });
});

it('writes nothing where nothing was filled in', async () => {
  expect(await write(undefined)).toEqual({ type: 'denied', message: { code: 'user_write_no_data' } });
});

it('tells of passwords nowhere, whatever their keys are called', async () => {
  const data = { username: fresh(), pin: 'hunter2', notes: 'n'.repeat(5000) };
  const done = await write(data, { context: { prompt_secrets: ['pin'] } });
  expect(JSON.stringify(done)).not.toContain('hunter2');
  const [{ all }] = await desk.database.source.query('SELECT json_agg(d)::text AS all FROM enrollment.done d');
  expect(all).toContain(data.username);
  expect(all).not.toMatch(/hunter2|nnn/);
  expect(done).toMatchObject({ effects: [{ context: { notes: 'n'.repeat(1024) } }] });
});
