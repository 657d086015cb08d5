import { openDataSource } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FreshDatabase, migratedDatabase } from '../../../test/support/postgres.js';
import { UnknownFieldError } from './directory-store.js';
import { directoryEntities } from './entities/index.js';
import { DIRECTORY_SCHEMA } from './migrations/index.js';
import { tokenHash } from './token-hash.js';
import { TypeormDirectoryStore } from './typeorm-directory-store.js';

let database: FreshDatabase;
let source: DataSource;
let directory: TypeormDirectoryStore;

beforeAll(async () => {
  database = await migratedDatabase();
  const schema = { url: database.url, schema: DIRECTORY_SCHEMA, entities: directoryEntities };
  source = await openDataSource({ ...schema, poolSize: 2 });
  directory = new TypeormDirectoryStore(source.manager);
});

afterAll(async () => {
  await source.destroy();
  await database.drop();
});

const identity = async (uuid: string) => {
  const [row] = await source.query('SELECT * FROM directory.identities WHERE id = $1', [uuid]);
  return row as Record<string, unknown>;
};

describe('users', () => {
  it('get default values for the fields that are not given', async () => {
    expect(await directory.createUser({ username: 'plain' })).toMatchObject({
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

  it('cannot have usernames that differ only in case', async () => {
    await directory.createUser({ username: 'Unique' });
    await expect(directory.createUser({ username: 'uNIQUE' })).rejects.toThrow(/users_username_ci/);
  });

  it('get a higher epoch only when the password changes or the user is disabled', async () => {
    const { pk, epoch: first } = await directory.createUser({ username: 'epoch', password_hash: 'a' });
    const epoch = async (changes: Parameters<TypeormDirectoryStore['updateUser']>[1]) =>
      (await directory.updateUser(pk, changes)).epoch - first;
    expect(await epoch({ name: 'E', password_hash: 'a', is_active: true })).toBe(0);
    expect(await epoch({ password_hash: 'b' })).toBe(1);
    expect(await epoch({ is_active: false })).toBe(2);
    expect(await epoch({ is_active: false })).toBe(2);
    expect(await epoch({ is_active: true })).toBe(2);
    expect(await epoch({})).toBe(2);
  });

  it('get a higher epoch when endSessions ends their sessions', async () => {
    const [user, other] = [
      await directory.createUser({ username: 'one' }),
      await directory.createUser({ username: 'two' }),
    ];
    await directory.endSessions(user.pk);

    expect((await directory.findUsers({ pk: user.pk }))[0]?.epoch).toBe(user.epoch + 1);
    expect((await directory.findUsers({ pk: other.pk }))[0]?.epoch).toBe(other.epoch);
  });

  it('get a higher epoch when they are created again, so that old sessions stay invalid', async () => {
    const { uuid, pk, epoch } = await directory.createUser({ username: 'again' });
    await source.query('UPDATE directory.users SET epoch = epoch - 100 WHERE pk = $1', [pk]);
    await directory.removeUser(pk);

    expect((await directory.createUser({ username: 'again', uuid })).epoch).toBeGreaterThan(epoch - 100);
  });

  it('never get the pk or the uuid of a deleted user, not even with the same username (accident 45)', async () => {
    const gone = await directory.createUser({ username: 'gone' });
    await directory.removeUser(gone.pk);
    const next = await directory.createUser({ username: 'gone' });
    expect(next.pk).toBeGreaterThan(gone.pk);
    expect(next.uuid).not.toBe(gone.uuid);
  });

  it('have the time of the last password change', async () => {
    const { pk } = await directory.createUser({ username: 'changed', password_hash: 'a' });
    await source.query("UPDATE directory.users SET password_changed_at = 'epoch' WHERE pk = $1", [pk]);
    const changed = async () => {
      const [row] = await source.query(
        "SELECT password_changed_at > 'epoch' AS later FROM directory.users WHERE pk = $1",
        [pk],
      );
      return row.later as boolean;
    };
    await directory.updateUser(pk, { password_hash: 'a' });
    expect(await changed()).toBe(false);
    await directory.updateUser(pk, { password_hash: 'b' });
    expect(await changed()).toBe(true);
  });

  it('are found by all identifiers together, or by the pk only', async () => {
    const { pk, uuid } = await directory.createUser({
      username: 'found',
      email: 'f@x',
      attributes: { a: { b: 1, c: 2 } },
    });
    const names = async (identifiers: object) =>
      (await directory.findUsers({ ...identifiers })).map((user) => user.username);
    expect(await names({ username: 'found', email: 'f@x' })).toEqual(['found']);
    expect(await names({ username: 'found', email: 'other' })).toEqual([]);
    expect(await names({ username: 'found', attributes: { a: { b: 1 } } })).toEqual(['found']);
    expect(await names({ username: 'nobody', pk })).toEqual(['found']);
    expect(await names({ uuid })).toEqual(['found']);
    expect(await names({})).toEqual([]);
  });

  it('are not found by a value of the wrong type, and an unknown field throws', async () => {
    expect(await directory.findUsers({ pk: 'seven', is_active: 'yes' })).toEqual([]);
    await expect(directory.findUsers({ password_hash: '' })).rejects.toThrow(UnknownFieldError);
    await expect(directory.findUsers({ constructor: '' })).rejects.toThrow('Invalid identifier field: constructor');
  });
});

describe('groups', () => {
  it('cannot have the same name and parent as another group', async () => {
    const { pk } = await directory.createGroup({ name: 'twin' });
    await expect(directory.createGroup({ name: 'twin' })).rejects.toThrow(/duplicate key/);
    expect((await directory.createGroup({ name: 'twin', parents: [pk] })).parent).toBe(pk);
  });

  it('have the same members whether set by user or by group', async () => {
    const [a, b] = [await directory.createUser({ username: 'ma' }), await directory.createUser({ username: 'mb' })];
    const group = await directory.createGroup({ name: 'members' });
    await directory.setMembers(group.pk, [a.pk, b.pk]);
    await directory.setGroups(b.pk, []);
    expect(await directory.findGroups({ name: 'members' })).toEqual([{ ...group, users: [a.pk] }]);
    expect((await directory.findUsers({ pk: a.pk }))[0]?.groups).toEqual([group.pk]);
    await directory.removeGroup(group.pk);
    expect((await directory.findUsers({ pk: a.pk }))[0]?.groups).toEqual([]);
  });

  it('can have more members than a statement can have parameters, and all members are found', async () => {
    const rows = await source.query<{ pk: number }[]>(
      `INSERT INTO directory.users (username, path)
       SELECT 'one-of-many-' || n, 'many' FROM generate_series(1, 66000) n RETURNING pk`,
    );
    const { pk } = await directory.createGroup({ name: 'many' });
    const members = rows.map((row) => row.pk);
    await directory.setMembers(pk, members);
    expect((await directory.findGroups({ pk }))[0]?.users).toHaveLength(66_000);
    const found = await directory.findUsers({ path: 'many' });
    expect([found.length, found.every(({ groups }) => groups[0] === pk)]).toEqual([66_000, true]);
  });
});

describe('tokens', () => {
  it('store the hash of their key, and expire after a day by default', async () => {
    const { pk: user } = await directory.createUser({ username: 'owner' });
    const token = await directory.createToken({ identifier: 'tk', intent: 'api', user, key: 'secret-key' });
    expect(token).toMatchObject({ user, expiring: true, key_hash: tokenHash('secret-key') });
    expect(token.expires?.getTime()).toBeGreaterThan(Date.now());
    expect(await directory.findTokens({ identifier: 'tk', user })).toEqual([token]);
    expect(await directory.updateToken(token.pk, { key: 'other' })).toEqual({ ...token, key_hash: tokenHash('other') });
    await directory.removeToken(token.pk);
    expect(await directory.findTokens({ identifier: 'tk' })).toEqual([]);
  });

  it('each get a random key of their own if no key is given', async () => {
    const { pk: user } = await directory.createUser({ username: 'owner2' });
    const draft = { intent: 'api', user, expiring: false } as const;
    const first = await directory.createToken({ ...draft, identifier: 'drawn1' });
    const second = await directory.createToken({ ...draft, identifier: 'drawn2' });
    expect(first.expires).toBeNull();
    expect(first.key_hash.equals(second.key_hash)).toBe(false);
  });
});

describe('the view for the gateway', () => {
  it('shows members of a subgroup of a superuser group as superusers', async () => {
    const top = await directory.createGroup({ name: 'top', is_superuser: true });
    const low = await directory.createGroup({ name: 'low', parents: [top.pk] });
    const user = await directory.createUser({ username: 'climber' });
    expect(await identity(user.uuid)).toMatchObject({ is_superuser: false });
    await directory.setGroups(user.pk, [low.pk]);
    expect(await identity(user.uuid)).toMatchObject({ is_superuser: true });
  });

  it('includes twenty levels of parent groups, also if they form a cycle', async () => {
    const chain = [await directory.createGroup({ name: 'c0' })];
    for (let i = 1; i < 21; i++)
      chain.push(await directory.createGroup({ name: `c${i}`, parents: [chain[i - 1]!.pk] }));
    const user = await directory.createUser({ username: 'deep' });
    await directory.setGroups(user.pk, [chain[20]!.pk]);
    await directory.updateGroup(chain[0]!.pk, { is_superuser: true });
    expect(await identity(user.uuid)).toMatchObject({ is_superuser: false });
    await directory.updateGroup(chain[1]!.pk, { is_superuser: true });
    expect(await identity(user.uuid)).toMatchObject({ is_superuser: true });
    await directory.updateGroup(chain[1]!.pk, { is_superuser: false });
    await directory.updateGroup(chain[0]!.pk, { is_superuser: false, parents: [chain[20]!.pk] });
    expect(await identity(user.uuid)).toMatchObject({ is_superuser: false });
  });

  it('reads locale, avatar and debug flag from the attributes, and ignores values of other types', async () => {
    const createAndRead = async (username: string, attributes: Record<string, unknown>) => {
      const { uuid } = await directory.createUser({ username, attributes });
      const { locale, avatar, debug } = await identity(uuid);
      return [locale, avatar, debug];
    };
    const full = { settings: { locale: 'fr' }, avatar: '/a.png', 'goauthentik.io/user/debug': true };
    expect(await createAndRead('attributes1', full)).toEqual(['fr', '/a.png', true]);
    expect(await createAndRead('attributes2', {})).toEqual(['', null, false]);
    const invalid = { settings: [], avatar: { a: 1 }, 'goauthentik.io/user/debug': '' };
    expect(await createAndRead('attributes3', invalid)).toEqual(['', null, false]);
  });

  it('is read through the index of the primary key', async () => {
    const plan = await source.transaction(async (manager) => {
      await manager.query('SET LOCAL enable_seqscan = off');
      const unknownId = '00000000-0000-0000-0000-000000000000';
      return manager.query(`EXPLAIN SELECT * FROM directory.identities WHERE id = '${unknownId}'`);
    });
    expect(JSON.stringify(plan)).toMatch(/users_pkey.*user_groups_pkey/);
  });
});
