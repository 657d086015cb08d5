import { openDataSource } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FreshDatabase, migratedDatabase } from '../../../test/support/postgres.js';
import { directoryEntities } from './entities/index.js';
import { DIRECTORY_SCHEMA } from './migrations/index.js';
import { TypeormDirectoryStore } from './typeorm-directory-store.js';
import { TypeormUserLookup } from './typeorm-user-lookup.js';
import type { IdentifierField } from './user-lookup.js';

let database: FreshDatabase;
let source: DataSource;

beforeAll(async () => {
  database = await migratedDatabase();
  const schema = { url: database.url, schema: DIRECTORY_SCHEMA, entities: directoryEntities };
  source = await openDataSource({ ...schema, poolSize: 2 });
  const directory = new TypeormDirectoryStore(source.manager);
  await directory.createUser({
    username: 'Alice',
    name: 'Alice A.',
    email: 'alice@Example.org',
    attributes: { upn: 'ALICE@corp', settings: { locale: 'de' } },
  });
  await directory.createUser({ username: 'bob', email: 'shared@example.org', is_active: false });
  await directory.createUser({ username: 'carol', email: 'Shared@example.org', attributes: { settings: 'none' } });
  await directory.createUser({ username: 'dave', email: 'bob' });
});

afterAll(async () => {
  await source.destroy();
  await database.drop();
});

const find = (identifier: string, fields: IdentifierField[], caseInsensitive = true) =>
  new TypeormUserLookup(source).find(identifier, { fields, caseInsensitive });

describe('looking users up', () => {
  it('finds a user by each of the fields, regardless of upper and lower case', async () => {
    const users = [
      await find('aLICE', ['username']),
      await find('ALICE@example.org', ['email']),
      await find('alice@CORP', ['upn']),
      await find('alice', ['email', 'username', 'upn']),
    ];
    expect(users.map((user) => user?.username)).toEqual(['Alice', 'Alice', 'Alice', 'Alice']);
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

  it('uses only the given fields', async () => {
    expect(await find('Alice', ['email', 'upn'])).toBeUndefined();
    expect(await find('Alice', [])).toBeUndefined();
  });

  it('finds no user by an identifier that two users share', async () => {
    expect(await find('shared@example.org', ['email'])).toBeUndefined();
    expect(await find('bob', ['email', 'username'])).toBeUndefined();
    expect((await find('Shared@example.org', ['email'], false))?.username).toBe('carol');
  });

  it('finds inactive users', async () => {
    expect(await find('bob', ['username'])).toMatchObject({ is_active: false, locale: '' });
  });

  it('treats an identifier as a value, never as SQL or a pattern', async () => {
    for (const identifier of ["' OR true --", '%', 'ali_e', '*)(uid=*', '\\', '$1', '"', 'Alice ']) {
      expect(await find(identifier, ['username', 'email', 'upn'])).toBeUndefined();
    }
  });

  const expressions = ['username', 'email', "(attributes->>'upn')"].flatMap((sql) => [sql, `lower(${sql})`]);
  it.each(expressions)('uses an index for %s', async (sql) => {
    const plan = await source.transaction(async (manager) => {
      await manager.query('SET LOCAL enable_seqscan = off');
      return manager.query(`EXPLAIN SELECT FROM directory.users WHERE ${sql} = 'x'`);
    });
    expect(JSON.stringify(plan)).toContain('Index');
  });
});
