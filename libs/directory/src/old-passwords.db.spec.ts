import { randomUUID } from 'node:crypto';
import { openDataSource } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FreshDatabase, migratedDatabase } from '../../../test/support/postgres.js';
import type { DirectoryUser } from './directory-store.js';
import { directoryEntities } from './entities/index.js';
import { DIRECTORY_SCHEMA } from './migrations/index.js';
import { PolicyUserRepository } from './policy-user.repository.js';
import { TypeormCredentialStore } from './typeorm-credential-store.js';
import { TypeormDirectoryStore } from './typeorm-directory-store.js';

const OUTDATED = '$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$ZGlnZXN0ZGlnZXN0ZGlnZXN0';
const hash = (name: string) => `$argon2id$${name}`;

let database: FreshDatabase;
let source: DataSource;
let directory: TypeormDirectoryStore;
let credentials: TypeormCredentialStore;
let alice: DirectoryUser;
beforeAll(async () => {
  database = await migratedDatabase();
  source = await openDataSource({
    url: database.url,
    schema: DIRECTORY_SCHEMA,
    entities: directoryEntities,
    poolSize: 2,
  });
  directory = new TypeormDirectoryStore(source.manager);
  credentials = new TypeormCredentialStore(source);
});
beforeEach(async () => {
  await source.query('TRUNCATE directory.users, flow.objects CASCADE');
  alice = await directory.createUser({ username: 'alice', password_hash: hash('1') });
});
afterAll(async () => {
  await source.destroy();
  await database.drop();
});

async function addPolicy(count: number): Promise<string> {
  const id = randomUUID();
  await source.query(
    `INSERT INTO flow.objects (id, model, identifiers, attrs)
     VALUES ($1, 'authentik_policies_unique_password.uniquepasswordpolicy', '{}', $2)`,
    [id, JSON.stringify({ num_historical_passwords: count })],
  );
  return id;
}
const setPasswords = async (...names: string[]) => {
  for (const name of names) await directory.updateUser(alice.pk, { password_hash: hash(name) });
};
const history = () => credentials.findPasswordHistory(alice.uuid, 24);

describe('the hashes of earlier passwords', () => {
  it('are not kept without a policy that compares them, but the present hash is found', async () => {
    await setPasswords('2');
    await addPolicy(1);
    await setPasswords('3');
    expect(await history()).toEqual([hash('3')]);
  });

  it('are kept up to the number that a policy compares, newest first', async () => {
    await addPolicy(2);
    await addPolicy(3);
    await setPasswords('2', '3', '4');
    expect(await history()).toEqual([hash('4'), hash('3'), hash('2')]);
    expect(await credentials.findPasswordHistory(alice.uuid, 2)).toEqual([hash('4'), hash('3')]);
  });

  it('are those of their user only, and are deleted with the user', async () => {
    await addPolicy(3);
    const bob = await directory.createUser({ username: 'bob', password_hash: hash('b') });
    await setPasswords('2');
    expect(await credentials.findPasswordHistory(bob.uuid, 24)).toEqual([hash('b')]);
    await directory.removeUser(alice.pk);
    expect(await source.query('SELECT FROM directory.old_passwords')).toEqual([]);
  });

  it('are deleted when the policy compares fewer, and when it is removed', async () => {
    const id = await addPolicy(4);
    await setPasswords('2', '3', '4');
    await source.query(`UPDATE flow.objects SET attrs = '{"num_historical_passwords": 2}' WHERE id = $1`, [id]);
    expect(await history()).toEqual([hash('4'), hash('3')]);
    await source.query('DELETE FROM flow.objects WHERE id = $1', [id]);
    expect(await source.query('SELECT FROM directory.old_passwords')).toEqual([]);
  });

  it('include an expired password, but no hash that was upgraded', async () => {
    await addPolicy(3);
    await directory.updateUser(alice.pk, { password_hash: OUTDATED });
    const current = `$argon2id$v=19$m=19456,t=2,p=1$${'s'.repeat(22)}$${'d'.repeat(43)}`;
    await credentials.upgradeHash(alice.uuid, OUTDATED, current);
    expect(await history()).toEqual([current, hash('1')]);
    await new PolicyUserRepository(source).expirePassword(alice.uuid, new Date(Date.now() + 60_000));
    expect(await history()).toEqual([current, hash('1')]);
    await setPasswords('2');
    expect(await history()).toEqual([hash('2'), current, hash('1')]);
  });
});
