import { openDataSource } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FreshDatabase, migratedDatabase } from '../../../test/support/postgres.js';
import type { DirectoryUser } from './directory-store.js';
import { directoryEntities } from './entities/index.js';
import { DIRECTORY_SCHEMA } from './migrations/index.js';
import { TypeormCredentialStore } from './typeorm-credential-store.js';
import { TypeormDirectoryStore } from './typeorm-directory-store.js';

let database: FreshDatabase;
let source: DataSource;
let directory: TypeormDirectoryStore;
let credentials: TypeormCredentialStore;

beforeAll(async () => {
  database = await migratedDatabase();
  const schema = { url: database.url, schema: DIRECTORY_SCHEMA, entities: directoryEntities };
  source = await openDataSource({ ...schema, poolSize: 2 });
  directory = new TypeormDirectoryStore(source.manager);
  credentials = new TypeormCredentialStore(source);
});

afterAll(async () => {
  await source.destroy();
  await database.drop();
});

/** Two hashes: one of Django, and one in the current format. */
const OUTDATED = 'pbkdf2_sha256$1000$salt$aGFzaA==';
const CURRENT = '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g';

const createUser = (username: string, fields: Partial<DirectoryUser> = {}) =>
  directory.createUser({ username, ...fields });

describe('the credential store', () => {
  it('returns the hash of active users only', async () => {
    const active = await createUser('active', { password_hash: 'h' });
    const inactive = await createUser('inactive', { password_hash: 'h', is_active: false });
    const bare = await createUser('bare');
    const found = async (uuid: string) => (await credentials.findPassword(uuid, 'name')).hash;
    expect(await found(active.uuid)).toBe('h');
    expect(await found(bare.uuid)).toBe('');
    expect(await found(inactive.uuid)).toBeUndefined();
    expect(await found('00000000-0000-0000-0000-000000000000')).toBeUndefined();
  });

  it('upgrades a hash without ending sessions', async () => {
    const { uuid, pk, epoch } = await createUser('renewed', { password_hash: OUTDATED });
    await credentials.upgradeHash(uuid, OUTDATED, CURRENT);
    expect((await directory.findUsers({ pk }))[0]).toMatchObject({ password_hash: CURRENT, epoch });
  });

  it.each([
    'argon2$argon2id$v=19$m=102400,t=2,p=8$c2FsdHNhbHQ$aGFzaA',
    '$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA',
    'pbkdf2_sha1$1000$salt$aGFzaA==',
    'bcrypt_sha256$$2b$12$salt',
    'scrypt$16384$salt$8$1$aGFzaA==',
  ])('upgrades a hash of every older format: %s', async (outdated) => {
    const { uuid, pk } = await createUser(outdated.slice(0, 20), { password_hash: outdated });
    await credentials.upgradeHash(uuid, outdated, CURRENT);
    expect((await directory.findUsers({ pk }))[0]?.password_hash).toBe(CURRENT);
  });

  it('does not upgrade the hash of a password that was changed concurrently', async () => {
    const { uuid, pk } = await createUser('raced', { password_hash: `${OUTDATED}2` });
    await credentials.upgradeHash(uuid, OUTDATED, CURRENT);
    expect((await directory.findUsers({ pk }))[0]?.password_hash).toBe(`${OUTDATED}2`);
  });

  it('does not replace a current, unknown or empty hash, and does not write an outdated hash', async () => {
    const stored = [CURRENT, CURRENT.replace('m=19456', 'm=8'), 'plain', '!', ''];
    for (const [i, hash] of stored.entries()) {
      const { uuid, pk } = await createUser(`kept ${i}`, { password_hash: hash });
      await credentials.upgradeHash(uuid, hash, i === 1 ? hash.replace('m=8', 'm=9') : CURRENT.replace('c2Fs', 'b3Ro'));
      expect((await directory.findUsers({ pk }))[0]?.password_hash).toBe(hash);
    }
  });

  it('does not upgrade the hash of a user who is a superuser, directly or by a parent group', async () => {
    const above = await directory.createGroup({ name: 'above', is_superuser: true });
    const below = await directory.createGroup({ name: 'below', parents: [above.pk] });
    const { uuid, pk } = await createUser('root', { password_hash: OUTDATED });
    await directory.setGroups(pk, [below.pk]);
    await credentials.upgradeHash(uuid, OUTDATED, CURRENT);
    expect((await directory.findUsers({ pk }))[0]?.password_hash).toBe(OUTDATED);
  });
});

describe('app passwords', () => {
  it('are found by key and user until they expire', async () => {
    const [owner, other] = [await createUser('owner'), await createUser('other')];
    const draft = { intent: 'app_password', user: owner.pk } as const;
    const { pk } = await directory.createToken({ ...draft, identifier: 'mail', key: 'k1' });
    expect(await credentials.findAppPassword(owner.uuid, 'k1')).toEqual({ uuid: pk, identifier: 'mail' });
    expect(await credentials.findAppPassword(other.uuid, 'k1')).toBeUndefined();
    expect(await credentials.findAppPassword(owner.uuid, 'k2')).toBeUndefined();
    await directory.updateToken(pk, { expires: new Date(Date.now() - 1000) });
    expect(await credentials.findAppPassword(owner.uuid, 'k1')).toBeUndefined();
    await directory.updateToken(pk, { expiring: false });
    expect(await credentials.findAppPassword(owner.uuid, 'k1')).toBeDefined();
    await directory.updateUser(owner.pk, { is_active: false });
    expect(await credentials.findAppPassword(owner.uuid, 'k1')).toBeUndefined();
  });

  it('are never tokens of another intent (accident 40)', async () => {
    const owner = await createUser('api-owner');
    await directory.createToken({ identifier: 'api', intent: 'api', user: owner.pk, key: 'api-key' });
    expect(await credentials.findAppPassword(owner.uuid, 'api-key')).toBeUndefined();
  });
});
