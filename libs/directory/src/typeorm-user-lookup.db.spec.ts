import { randomUUID } from 'node:crypto';
import { openDataSource } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FreshDatabase, migratedDatabase } from '../../../test/support/postgres.js';
import { AccountRepository } from './account.repository.js';
import { directoryEntities } from './entities/index.js';
import { DIRECTORY_SCHEMA } from './migrations/index.js';
import { TypeormDirectoryStore } from './typeorm-directory-store.js';
import { TypeormUserLookup } from './typeorm-user-lookup.js';
import type { IdentifierField } from './user-lookup.js';

let database: FreshDatabase;
let source: DataSource;
let directory: TypeormDirectoryStore;

beforeAll(async () => {
  database = await migratedDatabase();
  const schema = { url: database.url, schema: DIRECTORY_SCHEMA, entities: directoryEntities };
  source = await openDataSource({ ...schema, poolSize: 2 });
  directory = new TypeormDirectoryStore(source.manager);
  await directory.createUser({
    username: 'Alice',
    name: 'Alice A.',
    email: 'alice@Example.org',
    attributes: { upn: 'ALICE@corp', settings: { locale: 'de' } },
  });
  await directory.createUser({ username: 'alice@corp', email: 'both@example.org' });
  await directory.createUser({ username: 'bob', email: 'shared@example.org', is_active: false });
  await directory.createUser({ username: 'carol', email: 'Shared@example.org', attributes: { settings: 'none' } });
  await directory.createUser({ username: 'dave', email: 'both@example.org' });
});

afterAll(async () => {
  await source.destroy();
  await database.drop();
});

const find = (identifier: string, fields: IdentifierField[], caseInsensitive = true) =>
  new TypeormUserLookup(source).find(identifier, { fields, caseInsensitive });

interface SharingUser {
  /** `X` is replaced by the identifier that several users share, as username or as address. */
  readonly username?: 'X';
  readonly email?: 'X';
  readonly is_active?: boolean;
  readonly verified?: boolean;
}
const IDLE: SharingUser = { email: 'X', verified: true, is_active: false };

/** Creates a user, and gives them `shared` as username, as address, or as both. */
async function createWith(shared: string, { username, email, is_active = true, verified = false }: SharingUser) {
  const user = await directory.createUser({ username: username ? shared : randomUUID(), is_active });
  await source.query('UPDATE directory.users SET email = $2 WHERE id = $1', [user.uuid, email ? shared : '']);
  if (verified) await verify(user.uuid, shared);
  return user;
}
const verify = (uuid: string, address: string) => new AccountRepository(source.manager).verifyEmail(uuid, address);

describe('the lookup of users', () => {
  it('finds a user by each of the fields, regardless of upper and lower case', async () => {
    const users = [
      await find('aLICE', ['username']),
      await find('ALICE@example.org', ['email']),
      await find('alice@CORP', ['upn']),
      await find('alice', ['email', 'username', 'upn']),
    ];
    expect(users.map((user) => user?.username)).toEqual(['Alice', 'Alice', 'Alice', 'Alice']);
  });

  it('finds a user by each of the fields, also in full-width letters', async () => {
    const users = [
      await find('\uff21lice', ['username']),
      await find('\uff21lice@example\uff0eorg', ['email']),
      await find('\uff21lice@corp', ['upn']),
    ];
    expect(users.map((user) => user?.username)).toEqual(['Alice', 'Alice', 'Alice']);
  });

  it('returns the user as plans store it', async () => {
    expect(await find('Alice', ['username'])).toEqual({
      kind: 'saved',
      uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      pk: 1,
      username: 'Alice',
      name: 'Alice A.',
      email: 'alice@Example.org',
      is_active: true,
      epoch: expect.any(Number),
      locale: 'de',
    });
  });

  it('compares case-sensitively on request', async () => {
    expect(await find('alice', ['username'], false)).toBeUndefined();
    expect((await find('Alice', ['username'], false))?.username).toBe('Alice');
    expect((await find('ALICE@corp', ['upn'], false))?.username).toBe('Alice');
  });

  it('searches only the given fields', async () => {
    expect(await find('Alice', ['email', 'upn'])).toBeUndefined();
    expect(await find('Alice', [])).toBeUndefined();
  });

  it('finds no user by an identifier that two users share', async () => {
    expect(await find('both@example.org', ['email'])).toBeUndefined();
    expect(await find('alice@corp', ['upn', 'username'])).toBeUndefined();
    expect((await find('Shared@example.org', ['email'], false))?.username).toBe('carol');
  });

  it.each<{ name: string; over: string; first: SharingUser; second: SharingUser }>([
    {
      ...{ name: 'a verified address of an active user', over: 'a username' },
      ...{ first: { email: 'X', verified: true }, second: { username: 'X' } },
    },
    {
      ...{ name: 'a verified address of an active user', over: 'one of an inactive user' },
      ...{ first: { email: 'X', verified: true }, second: IDLE },
    },
    {
      ...{ name: 'the username of an active user', over: 'a verified address of an inactive user' },
      ...{ first: { username: 'X' }, second: IDLE },
    },
    {
      ...{ name: 'a verified address of an inactive user', over: 'an unverified address' },
      ...{ first: IDLE, second: { email: 'X' } },
    },
    {
      ...{ name: 'the username of an active user', over: 'an unverified address' },
      ...{ first: { username: 'X' }, second: { email: 'X' } },
    },
    {
      ...{ name: 'an unverified address', over: 'the username of an inactive user' },
      ...{ first: { email: 'X' }, second: { username: 'X', is_active: false } },
    },
    {
      ...{ name: 'an unverified address', over: 'one of an inactive user' },
      ...{ first: { email: 'X' }, second: { email: 'X', is_active: false } },
    },
  ])('gives precedence to $name over $over', async ({ first, second }) => {
    const shared = `${randomUUID()}@example.org`;
    for (const order of [
      [first, second],
      [second, first],
    ]) {
      const users = await Promise.all(order.map((fields) => createWith(shared, fields)));
      const found = await find(shared, ['email', 'username']);
      expect(found?.uuid).toBe(users[order.indexOf(first)]?.uuid);
      for (const { pk } of users) await directory.removeUser(pk);
    }
  });

  it('does not count an address as verified after a flow has changed it', async () => {
    const [before, after] = [`${randomUUID()}@example.org`, `${randomUUID()}@example.org`];
    const [changed, owner] = [
      await createWith(before, { email: 'X', verified: true }),
      await createWith(after, { email: 'X', verified: true }),
    ];
    await new AccountRepository(source.manager).change(changed.uuid, { email: after });
    expect((await find(after, ['email']))?.uuid).toBe(owner.uuid);
    await verify(changed.uuid, before);
    expect((await find(after, ['email']))?.uuid).toBe(owner.uuid);
    await verify(changed.uuid, after.toUpperCase());
    expect(await find(after, ['email'])).toBeUndefined();
  });

  it('finds inactive users', async () => {
    expect(await find('bob', ['username'])).toMatchObject({ is_active: false, locale: '' });
  });

  it('treats an identifier as a value, never as SQL or as a pattern (accident 44)', async () => {
    for (const identifier of ["' OR true --", '%', 'ali_e', '*)(uid=*', '\\', '$1', '"', 'Alice ']) {
      expect(await find(identifier, ['username', 'email', 'upn'])).toBeUndefined();
    }
  });

  it.each(['email', 'lower(email)'])(
    'reads accounts with one address in the order of their rank, for %s',
    async (sql) => {
      const plan = await source.transaction(async (manager) => {
        await manager.query('SET LOCAL enable_seqscan = off');
        const rank = 'directory.email_rank(is_active, email, verified_email)';
        return manager.query(`EXPLAIN SELECT FROM directory.users WHERE ${sql} = 'x' ORDER BY ${rank} LIMIT 2`);
      });
      expect(JSON.stringify(plan)).toContain('users_email_rank');
      expect(JSON.stringify(plan)).not.toContain('Sort');
    },
  );

  const expressions = ['username', 'email', "(attributes->>'upn')"].flatMap((sql) => [sql, `lower(${sql})`]);
  it.each(expressions)('uses an index for %s', async (sql) => {
    const plan = await source.transaction(async (manager) => {
      await manager.query('SET LOCAL enable_seqscan = off');
      return manager.query(`EXPLAIN SELECT FROM directory.users WHERE ${sql} = 'x'`);
    });
    expect(JSON.stringify(plan)).toContain('Index');
  });
});
