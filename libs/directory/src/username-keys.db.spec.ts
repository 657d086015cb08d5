import { openDataSource } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type FreshDatabase, migratedDatabase } from '../../../test/support/postgres.js';
import { AccountRepository, NameTakenError } from './account.repository.js';
import { directoryEntities } from './entities/index.js';
import { UsernameKeys1764633840000 } from './migrations/1764633840000-username-keys.js';
import { DIRECTORY_SCHEMA } from './migrations/index.js';
import { TypeormDirectoryStore } from './typeorm-directory-store.js';
import { UsernameRepository } from './username.repository.js';

let database: FreshDatabase;
let source: DataSource;
beforeAll(async () => {
  database = await migratedDatabase();
  const schema = { url: database.url, schema: DIRECTORY_SCHEMA, entities: directoryEntities };
  source = await openDataSource({ ...schema, poolSize: 4 });
});
afterAll(async () => {
  await source.destroy();
  await database.drop();
});

const keys = async (...usernames: readonly string[]) =>
  Object.fromEntries(
    (
      await source.query<{ username: string; username_key: string }[]>(
        'SELECT username, username_key FROM directory.users WHERE username = ANY($1)',
        [usernames],
      )
    ).map(({ username, username_key }) => [username, username_key]),
  );
const insert = (...usernames: readonly string[]) =>
  source.query('INSERT INTO directory.users (username) SELECT unnest($1::text[])', [usernames]);
const account = (username: string) => ({
  ...{ username, is_active: true, type: 'external', path: 'users', awaits_flow: null },
});
const create = (username: string) =>
  source.transaction((manager) => new AccountRepository(manager).create(account(username) as never));
const DUPLICATE = { driverError: { constraint: 'users_username_key' } };

it('the migration keeps all existing usernames, and gives each key to the first account with this name', async () => {
  const names = ['Root', '\uff52oot', 'ro\u200bot', 'rene\u0301', 'ren\u00e9', '\uff5aoe', '\u0430bc'];
  const [migration, runner] = [new UsernameKeys1764633840000(), source.createQueryRunner()];
  await migration.down(runner);
  await insert(...names);
  await migration.up(runner);
  await runner.release();
  expect(await keys(...names)).toEqual({
    ...{ Root: 'root', '\uff52oot': '\uff52oot', 'ro\u200bot': 'ro\u200bot', '\uff5aoe': 'zoe' },
    ...{ 'rene\u0301': 'rene\u0301', 'ren\u00e9': 'ren\u00e9', '\u0430bc': '\u0430bc' },
  });
  await expect(create('zoe')).rejects.toMatchObject(DUPLICATE);
  await expect(create('RENE\u0301')).rejects.toThrow('unique constraint');
});

it('a username that a service of the previous version writes also gets a key', async () => {
  await insert('Older');
  expect(await keys('Older')).toEqual({ Older: 'older' });
  await source.query(`UPDATE directory.users SET username = 'Renamed' WHERE username = 'Older'`);
  expect(await keys('Renamed')).toEqual({ Renamed: 'renamed' });
  await expect(create('\uff52enamed')).rejects.toThrow('unique constraint');
  expect((await create('older')).username).toBe('older');
});

it('only one of several concurrent users with one name in different spellings is created', async () => {
  const results = await Promise.allSettled(['se\u0301an', 's\u00e9an', 'S\u00c9AN', '\uff53\u00e9an'].map(create));
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

it('a renamed user gets the key of the new name, and the old name is free again', async () => {
  const { uuid } = await create('before');
  const accounts = new AccountRepository(source.manager);
  expect(await accounts.change(uuid, { username: '\uff21fter' })).toMatchObject({ user: { username: 'After' } });
  expect((await create('before')).username).toBe('before');
  await expect(create('after')).rejects.toThrow('unique constraint');
  expect(await accounts.change(uuid, { username: 'AFTER' })).toMatchObject({ user: { username: 'AFTER' } });
});

it('an invalid username is refused for a flow and for an administrator', async () => {
  await expect(create('in\u200bvisible')).rejects.toThrow('Usernames cannot contain');
  const directory = new TypeormDirectoryStore(source.manager);
  await expect(directory.createUser({ username: 'in\u200bvisible' })).rejects.toThrow('Usernames cannot contain');
  await expect(directory.createUser({ username: 'jose\u0301' })).rejects.toThrow('Write this username as');
  const { pk } = await directory.createUser({ username: 'visible' });
  await expect(directory.updateUser(pk, { username: 'in\u200bvisible' })).rejects.toThrow('Usernames cannot contain');
});

it('other fields of a user with an invalid username can be changed', async () => {
  await insert('legacy\u200bname');
  const directory = new TypeormDirectoryStore(source.manager);
  const [user] = await directory.findUsers({ username: 'legacy\u200bname' });
  const changes = { username: 'legacy\u200bname', name: 'Legacy' };
  expect(await directory.updateUser(user!.pk, changes)).toMatchObject(changes);
});

it('no username is another user’s address in any spelling, and no address is another user’s username', async () => {
  const { uuid } = await create('owner');
  const accounts = new AccountRepository(source.manager);
  await accounts.change(uuid, { email: 'owner@example.org' });
  for (const name of ['OWNER@example.org', '\uff4fwner@example.org', 'owner@example\uff0eorg'])
    await expect(create(name)).rejects.toThrow(NameTakenError);
  await expect(accounts.change((await create('other')).uuid, { username: '\uff4fwner@example.org' })).rejects.toThrow(
    NameTakenError,
  );
  await create('\uff4eame@example.org');
  await expect(accounts.change(uuid, { email: 'name@example.org' })).rejects.toThrow(NameTakenError);
});

it('isTaken is true for a name that is a username in any spelling, or an address', async () => {
  const usernames = new UsernameRepository(source);
  const { uuid } = await create('Taken');
  await new AccountRepository(source.manager).change(uuid, { email: 'taken@example.org' });
  expect(await usernames.isTaken({ name: 'TAKEN', key: 'taken' }, undefined)).toBe(true);
  expect(await usernames.isTaken({ name: 'Taken@example.org', key: 'taken@example.org' }, undefined)).toBe(true);
  expect(await usernames.isTaken({ name: 'TAKEN', key: 'taken' }, uuid)).toBe(false);
  expect(await usernames.isTaken({ name: 'free', key: 'free' }, undefined)).toBe(false);
});
