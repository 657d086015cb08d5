import { migrate, openDataSource } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FreshDatabase, freshDatabase } from '../../../test/support/postgres.js';
import { UnknownFieldError } from './directory-store.js';
import { directoryEntities } from './entities/index.js';
import { DIRECTORY_SCHEMA, directoryMigrations } from './migrations/index.js';
import { tokenHash } from './token-hash.js';
import { TypeormDirectoryStore } from './typeorm-directory-store.js';

let database: FreshDatabase;
let source: DataSource;
let register: TypeormDirectoryStore;

beforeAll(async () => {
  database = await freshDatabase();
  const schema = { url: database.url, schema: DIRECTORY_SCHEMA, entities: directoryEntities };
  await migrate({ ...schema, migrations: directoryMigrations });
  source = await openDataSource({ ...schema, poolSize: 2 });
  register = new TypeormDirectoryStore(source.manager);
});

afterAll(async () => {
  await source.destroy();
  await database.drop();
});

const identity = async (uuid: string) => {
  const [row] = await source.query('SELECT * FROM directory.identities WHERE id = $1', [uuid]);
  return row as Record<string, unknown>;
};

describe('registering users', () => {
  it('fills in what is not said', async () => {
    expect(await register.createUser({ username: 'plain' })).toMatchObject({
      name: '',
      email: '',
      is_active: true,
      type: 'internal',
      path: 'users',
      attributes: {},
      password_hash: '',
      epoch: expect.any(Number),
      groups: [],
    });
  });

  it('refuses a username that differs from another by case alone', async () => {
    await register.createUser({ username: 'Unique' });
    await expect(register.createUser({ username: 'uNIQUE' })).rejects.toThrow(/users_username_ci/);
  });

  it('raises the epoch for a new password hash and for disabling, and for nothing else', async () => {
    const { pk, epoch: first } = await register.createUser({ username: 'epoch', password_hash: 'a' });
    const epoch = async (changes: Parameters<TypeormDirectoryStore['updateUser']>[1]) =>
      (await register.updateUser(pk, changes)).epoch - first;
    expect(await epoch({ name: 'E', password_hash: 'a', is_active: true })).toBe(0);
    expect(await epoch({ password_hash: 'b' })).toBe(1);
    expect(await epoch({ is_active: false })).toBe(2);
    expect(await epoch({ is_active: false })).toBe(2);
    expect(await epoch({ is_active: true })).toBe(2);
    expect(await epoch({})).toBe(2);
  });

  it('ends all sessions of a user, and nobody else’s, when it is told to', async () => {
    const [one, other] = [
      await register.createUser({ username: 'one' }),
      await register.createUser({ username: 'two' }),
    ];
    await register.endSessions(one.pk);

    expect((await register.findUsers({ pk: one.pk }))[0]?.epoch).toBe(one.epoch + 1);
    expect((await register.findUsers({ pk: other.pk }))[0]?.epoch).toBe(other.epoch);
  });

  it('starts later epochs for a user who is made again, so that no old session is revived', async () => {
    const { uuid, pk, epoch } = await register.createUser({ username: 'again' });
    await source.query('UPDATE directory.users SET epoch = epoch - 100 WHERE pk = $1', [pk]);
    await register.removeUser(pk);

    expect((await register.createUser({ username: 'again', uuid })).epoch).toBeGreaterThan(epoch - 100);
  });

  it('notes when the password changed', async () => {
    const { pk } = await register.createUser({ username: 'changed', password_hash: 'a' });
    await source.query("UPDATE directory.users SET password_changed_at = 'epoch' WHERE pk = $1", [pk]);
    const changed = async () => {
      const [row] = await source.query(
        "SELECT password_changed_at > 'epoch' AS later FROM directory.users WHERE pk = $1",
        [pk],
      );
      return row.later as boolean;
    };
    await register.updateUser(pk, { password_hash: 'a' });
    expect(await changed()).toBe(false);
    await register.updateUser(pk, { password_hash: 'b' });
    expect(await changed()).toBe(true);
  });

  it('finds by all identifiers together, or by the pk alone', async () => {
    const { pk, uuid } = await register.createUser({
      username: 'found',
      email: 'f@x',
      attributes: { a: { b: 1, c: 2 } },
    });
    const names = async (identifiers: object) => (await register.findUsers({ ...identifiers })).map((u) => u.username);
    expect(await names({ username: 'found', email: 'f@x' })).toEqual(['found']);
    expect(await names({ username: 'found', email: 'other' })).toEqual([]);
    expect(await names({ username: 'found', attributes: { a: { b: 1 } } })).toEqual(['found']);
    expect(await names({ username: 'nobody', pk })).toEqual(['found']);
    expect(await names({ uuid })).toEqual(['found']);
    expect(await names({})).toEqual([]);
  });

  it('matches nothing with a value of another type, and names a field that there is not', async () => {
    expect(await register.findUsers({ pk: 'seven', is_active: 'yes' })).toEqual([]);
    await expect(register.findUsers({ password_hash: '' })).rejects.toThrow(UnknownFieldError);
    await expect(register.findUsers({ constructor: '' })).rejects.toThrow('Invalid identifier field: constructor');
  });
});

describe('registering groups', () => {
  it('lets no two groups of one parent, or of none, share a name', async () => {
    const { pk } = await register.createGroup({ name: 'twin' });
    await expect(register.createGroup({ name: 'twin' })).rejects.toThrow(/duplicate key/);
    expect((await register.createGroup({ name: 'twin', parent: pk })).parent).toBe(pk);
  });

  it('keeps members by user and by group alike', async () => {
    const [a, b] = [await register.createUser({ username: 'ma' }), await register.createUser({ username: 'mb' })];
    const group = await register.createGroup({ name: 'members' });
    await register.setMembers(group.pk, [a.pk, b.pk]);
    await register.setGroups(b.pk, []);
    expect(await register.findGroups({ name: 'members' })).toEqual([{ ...group, users: [a.pk] }]);
    expect((await register.findUsers({ pk: a.pk }))[0]?.groups).toEqual([group.pk]);
    await register.removeGroup(group.pk);
    expect((await register.findUsers({ pk: a.pk }))[0]?.groups).toEqual([]);
  });
});

describe('registering tokens', () => {
  it('keeps the hash of a key, never the key, and a day to live', async () => {
    const { pk: user } = await register.createUser({ username: 'owner' });
    const token = await register.createToken({ identifier: 'tk', intent: 'api', user, key: 'secret-key' });
    expect(token).toMatchObject({ user, expiring: true, key_hash: tokenHash('secret-key') });
    expect(token.expires?.getTime()).toBeGreaterThan(Date.now());
    expect(await register.findTokens({ identifier: 'tk', user })).toEqual([token]);
    expect(await register.updateToken(token.pk, { key: 'other' })).toEqual({ ...token, key_hash: tokenHash('other') });
    await register.removeToken(token.pk);
    expect(await register.findTokens({ identifier: 'tk' })).toEqual([]);
  });

  it('draws a key of its own for each token that is given none', async () => {
    const { pk: user } = await register.createUser({ username: 'owner2' });
    const draft = { intent: 'api', user, expiring: false } as const;
    const first = await register.createToken({ ...draft, identifier: 'drawn1' });
    const second = await register.createToken({ ...draft, identifier: 'drawn2' });
    expect(first.expires).toBeNull();
    expect(first.key_hash.equals(second.key_hash)).toBe(false);
  });
});

describe('what the gateway sees of a user', () => {
  it('makes members of a group below a superuser group superusers', async () => {
    const top = await register.createGroup({ name: 'top', is_superuser: true });
    const low = await register.createGroup({ name: 'low', parent: top.pk });
    const user = await register.createUser({ username: 'climber' });
    expect(await identity(user.uuid)).toMatchObject({ is_superuser: false });
    await register.setGroups(user.pk, [low.pk]);
    expect(await identity(user.uuid)).toMatchObject({ is_superuser: true });
  });

  it('climbs twenty levels of groups and no more, nor for ever', async () => {
    const chain = [await register.createGroup({ name: 'c0' })];
    for (let i = 1; i < 21; i++) chain.push(await register.createGroup({ name: `c${i}`, parent: chain[i - 1]!.pk }));
    const user = await register.createUser({ username: 'deep' });
    await register.setGroups(user.pk, [chain[20]!.pk]);
    await register.updateGroup(chain[0]!.pk, { is_superuser: true });
    expect(await identity(user.uuid)).toMatchObject({ is_superuser: false });
    await register.updateGroup(chain[1]!.pk, { is_superuser: true });
    expect(await identity(user.uuid)).toMatchObject({ is_superuser: true });
    await register.updateGroup(chain[1]!.pk, { is_superuser: false });
    await register.updateGroup(chain[0]!.pk, { is_superuser: false, parent: chain[20]!.pk });
    expect(await identity(user.uuid)).toMatchObject({ is_superuser: false });
  });

  it('reads locale, avatar and the debug flag out of the attributes, whatever stands there', async () => {
    const seen = async (username: string, attributes: Record<string, unknown>) => {
      const { uuid } = await register.createUser({ username, attributes });
      const { locale, avatar, debug } = await identity(uuid);
      return [locale, avatar, debug];
    };
    const full = { settings: { locale: 'fr' }, avatar: '/a.png', 'goauthentik.io/user/debug': true };
    expect(await seen('attributes1', full)).toEqual(['fr', '/a.png', true]);
    expect(await seen('attributes2', {})).toEqual(['', null, false]);
    const odd = { settings: [], avatar: { a: 1 }, 'goauthentik.io/user/debug': '' };
    expect(await seen('attributes3', odd)).toEqual(['', null, false]);
  });

  it('is read by primary key', async () => {
    const plan = await source.transaction(async (manager) => {
      await manager.query('SET LOCAL enable_seqscan = off');
      const nobody = '00000000-0000-0000-0000-000000000000';
      return manager.query(`EXPLAIN SELECT * FROM directory.identities WHERE id = '${nobody}'`);
    });
    expect(JSON.stringify(plan)).toMatch(/users_pkey.*user_groups_pkey/);
  });
});
