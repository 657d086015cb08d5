import {
  DIRECTORY_SCHEMA,
  directoryEntities,
  TypeormCredentialStore,
  TypeormDirectoryStore,
} from '@gatehouse/directory';
import { openDataSource } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FreshDatabase, migratedDatabase } from '../../../../test/support/postgres.js';
import { RecordingHasher } from '../../testing/credential-store.js';
import { PasswordReuseController } from './nats-password-reuse.controller.js';
import type { PasswordHasher } from './password-hasher.js';
import { hashPassword } from './password-hashes.js';

const LIMITS = { all: { concurrency: 2, maxWaitMs: 60_000 }, legacy: { concurrency: 1, maxWaitMs: 60_000 } };

let database: FreshDatabase;
let source: DataSource;
let user: string;
beforeAll(async () => {
  database = await migratedDatabase();
  source = await openDataSource({
    url: database.url,
    schema: DIRECTORY_SCHEMA,
    entities: directoryEntities,
    poolSize: 2,
  });
  await source.query(`INSERT INTO flow.objects (id, model, identifiers, attrs)
    VALUES (gen_random_uuid(), 'authentik_policies_unique_password.uniquepasswordpolicy', '{}', '{"num_historical_passwords": 3}')`);
  const directory = new TypeormDirectoryStore(source.manager);
  const { uuid, pk } = await directory.createUser({ username: 'alice', password_hash: await hashPassword('first') });
  await directory.updateUser(pk, { password_hash: await hashPassword('second') });
  await directory.updateUser(pk, { password_hash: await hashPassword('third') });
  user = uuid;
});
afterAll(async () => {
  await source.destroy();
  await database.drop();
});

function controller(hasher: PasswordHasher = new RecordingHasher(LIMITS)) {
  return new PasswordReuseController(hasher, new TypeormCredentialStore(source));
}
const request = (password: string, count: number, more: object = {}) => ({
  ...{ v: 1, timeout_ms: 60_000, user, password, count },
  ...more,
});

describe('comparing a new password with earlier passwords', () => {
  it.each([
    ['third', 1, true],
    ['second', 1, false],
    ['second', 2, true],
    ['first', 2, false],
    ['first', 3, true],
    ['fourth', 24, false],
  ])('finds for the password %s among the last %i passwords: reused %s', async (password, count, reused) => {
    expect(await controller().compare(request(password, count))).toEqual({ reused });
  });

  it('computes one hash for each compared password, and no hash after a match', async () => {
    const hasher = new RecordingHasher(LIMITS);
    await controller(hasher).compare(request('fourth', 2));
    expect(hasher.costs).toHaveLength(2);
    await controller(hasher).compare(request('third', 3));
    expect(hasher.costs).toHaveLength(3);
  });

  it('refuses more than 24 passwords, and the reply does not contain the password', async () => {
    for (const bad of [request('third', 25), request('third', 0), request('x'.repeat(4097), 1), undefined])
      expect(await controller().compare(bad)).toEqual({ problem: { code: 'stage_bad_request' } });
  });

  it('returns stage_busy if no time is left for the next hash', async () => {
    expect(await controller().compare(request('third', 1, { timeout_ms: -1 }))).toEqual({
      problem: { code: 'stage_busy', retry_after_s: expect.any(Number) },
    });
  });
});
