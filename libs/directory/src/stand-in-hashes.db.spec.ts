import { createHash } from 'node:crypto';
import { openDataSource } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FreshDatabase, migratedDatabase } from '../../../test/support/postgres.js';
import { DIRECTORY_SCHEMA } from './migrations/index.js';
import { TypeormCredentialStore } from './typeorm-credential-store.js';

const CURRENT = '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g';
const LEGACY = 'pbkdf2_sha256$1000$salt$aGFzaA==';
const USERS = 60;
const NOBODY = '00000000-0000-0000-0000-000000000000';
/** Names that no user has. */
const NAMES = Array.from({ length: 300 }, (_, i) => `ghost-${i}`);

let database: FreshDatabase;
let source: DataSource;
/** The credential stores of two replicas of the password service. */
let replicas: readonly [TypeormCredentialStore, TypeormCredentialStore];
let close: () => Promise<unknown>;

beforeAll(async () => {
  database = await migratedDatabase();
  const open = () => openDataSource({ url: database.url, schema: DIRECTORY_SCHEMA, poolSize: 4 });
  const sources = await Promise.all([open(), open()]);
  [source] = sources;
  replicas = [new TypeormCredentialStore(sources[0]), new TypeormCredentialStore(sources[1])];
  close = () => Promise.all(sources.map((each) => each.destroy()));
  // With a fixed key, each name has the same position in `password_ring` in every run of these tests.
  await source.query('UPDATE directory.password_ring_key SET key = $1', [digest('key')]);
});
afterAll(async () => {
  await close();
  await database.drop();
});
beforeEach(() => source.query('TRUNCATE directory.users CASCADE'));

const digest = (text: string) => createHash('sha256').update(text).digest();
const idOf = (username: string) => digest(username).toString('hex', 0, 16);
const uuidOf = (username: string) => idOf(username).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
/** Adds the username to the salt of a hash, so that a test can tell whose hash is the stand-in of a name. */
const hashOf = (username: string, hash: string) => hash.replace('salt$', `salt-${username}$`);

async function createUsers(prefix: string, count: number, hash: string) {
  const names = Array.from({ length: count }, (_, i) => `${prefix}-${i}`);
  const rows = names.map((name) => ({ id: idOf(name), name, hash: hashOf(name, hash) }));
  await source.query(
    `INSERT INTO directory.users (id, username, password_hash)
     SELECT * FROM jsonb_to_recordset($1) AS u (id uuid, name text, hash text)`,
    [JSON.stringify(rows)],
  );
  return names;
}

const standInOf = async (name: string, store = replicas[0]) => (await store.findPassword(NOBODY, name)).standIns[0];
const standIns = async () =>
  new Map(await Promise.all(NAMES.map(async (name) => [name, await standInOf(name)] as const)));
const legacyNames = async () =>
  new Set([...(await standIns())].filter(([, hash]) => hash !== CURRENT).map(([name]) => name));

describe('the stand-in hash of an unknown name', () => {
  it('is the hash of a user, the same for all spellings of the name and on every replica', async () => {
    await createUsers('imported', USERS, LEGACY);
    const before = await standIns();
    expect(await standIns()).toEqual(before);
    for (const [name, hash] of before) {
      expect(hash).toMatch(/^pbkdf2_sha256\$1000\$salt-imported-\d+\$/);
      for (const spelling of [name.toUpperCase(), name.replace('ghost', '\uff47\uff48ost')])
        expect(await standInOf(spelling, replicas[1])).toBe(hash);
    }
    expect(new Set(before.values()).size).toBeGreaterThan(USERS / 2);
  });

  it('is outdated as often as the hash of a user', async () => {
    await createUsers('imported', 3 * USERS, LEGACY);
    await createUsers('enrolled', 2 * USERS, CURRENT);
    const share = (await legacyNames()).size / NAMES.length;
    expect(share).toBeGreaterThan(0.5);
    expect(share).toBeLessThan(0.7);
  });

  it('becomes current with the hash of its user, and stays current while hashes are upgraded and users enrol', async () => {
    const imported = await createUsers('imported', USERS, LEGACY);
    await createUsers('enrolled', USERS, CURRENT);
    let before = await legacyNames();
    for (const [i, name] of imported.entries()) {
      await replicas[i % 2]!.upgradeHash(uuidOf(name), hashOf(name, LEGACY), CURRENT);
      if (i % 6 !== 5) continue;
      await createUsers(`new-${i}`, 3, CURRENT);
      const now = await legacyNames();
      expect(before).toEqual(new Set([...before, ...now]));
      before = now;
    }
    expect(before).toEqual(new Set());
  });

  it('changes for half of the names when an import doubles the number of users', async () => {
    await createUsers('enrolled', USERS, CURRENT);
    expect(await legacyNames()).toEqual(new Set());
    await createUsers('imported', USERS, LEGACY);
    const share = (await legacyNames()).size / NAMES.length;
    expect(share).toBeGreaterThan(0.4);
    expect(share).toBeLessThan(0.6);
  });

  it('does not change when a user is disabled; if that user is deleted, it changes for the user’s names only', async () => {
    const [first = ''] = await createUsers('imported', USERS, LEGACY);
    const before = await standIns();
    await source.query('UPDATE directory.users SET is_active = false WHERE username = $1', [first]);
    expect(await standIns()).toEqual(before);
    await source.query('DELETE FROM directory.users WHERE username = $1', [first]);
    const moved = [...(await standIns())].filter(([name, hash]) => before.get(name) !== hash).map(([name]) => name);
    expect(moved).toEqual(NAMES.filter((name) => before.get(name) === hashOf(first, LEGACY)));
  });

  it('is undefined while no user has a usable hash, and never an unusable hash', async () => {
    for (const [i, hash] of ['', '!', 'plain', 'md5$a$b'].entries()) await createUsers(`bare-${i}`, 9, hash);
    expect(await standInOf('ghost')).toBeUndefined();
    await createUsers('imported', 1, LEGACY);
    expect([...new Set((await standIns()).values())]).toEqual([hashOf('imported-0', LEGACY)]);
  });
});

describe('the password of a user', () => {
  it('has a stand-in for the username; for an inactive user, the own hash is the first stand-in', async () => {
    await createUsers('imported', USERS, LEGACY);
    await createUsers('bare', 1, '');
    await createUsers('inactive', 1, LEGACY);
    await source.query(`UPDATE directory.users SET is_active = false WHERE username = 'inactive-0'`);
    const find = (name: string) => replicas[0].findPassword(uuidOf(name), name);
    expect(await find('bare-0')).toEqual({ hash: '', standIns: [await standInOf('bare-0')] });
    const own = hashOf('inactive-0', LEGACY);
    expect(await find('inactive-0')).toEqual({ hash: undefined, standIns: [own, await standInOf('inactive-0')] });
    expect(await find('imported-0')).toMatchObject({ hash: hashOf('imported-0', LEGACY) });
  });
});

describe('the lookup of a stand-in hash', () => {
  it('reads one entry of an index, however many users there are', async () => {
    await createUsers('imported', 5000, LEGACY);
    await createUsers('bare', 5000, '');
    await source.query('ANALYZE directory.users');
    const plans = await Promise.all(
      ['', `WHERE position >= '\\x80'`].map((where) =>
        source.query<{ 'QUERY PLAN': string }[]>(
          `EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF, COSTS OFF)
           SELECT password_hash FROM directory.password_ring ${where} ORDER BY position LIMIT 1`,
        ),
      ),
    );
    for (const plan of plans) {
      const lines = plan.map((row) => row['QUERY PLAN']).join('\n');
      expect(lines).toMatch(/Index Scan using users_password_ring on users \(actual rows=1(\.00)? loops=1\)/);
    }
  });
});
