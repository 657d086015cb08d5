import { randomBytes } from 'node:crypto';
import { directoryMigrations } from '@gatehouse/directory';
import { migrate, migrationConfig, readConfig, undoMigrations } from '@gatehouse/platform';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startOwnPostgres } from '../support/own-postgres.js';

const USERS = 200_000;

/** Longest time in milliseconds that the two statements of a login may take during the migrations. */
const LONGEST_MS = 3000;

/** The migrations that update every row of directory.users, in order. */
const OF_USERS = ['VerifiedEmails1764633600000', 'StandInHashes1764633780000', 'UsernameKeys1764633840000'];

const DIRECTORY = { schema: 'directory', migrations: directoryMigrations };
const LIMITS = readConfig(migrationConfig, {});

let postgres: Awaited<ReturnType<typeof startOwnPostgres>>;
let pool: pg.Pool;
beforeAll(async () => {
  postgres = await startOwnPostgres({ password: randomBytes(12).toString('hex') });
  pool = new pg.Pool({ connectionString: postgres.url, max: 4 });
  // A connection that is still closing when the server stops emits an error.
  pool.on('error', () => undefined);
  await migrate(postgres.url, [DIRECTORY], LIMITS);
  const undone = OF_USERS.toReversed().map((name) => ({ schema: DIRECTORY, name }));
  await undoMigrations(postgres.url, undone, LIMITS);
  await pool.query(
    `INSERT INTO directory.users (username, email, password_hash)
     SELECT 'user-' || i, 'user-' || i || '@example.org', '$argon2id$' || md5(i::text) FROM generate_series(1, $1) i`,
    [USERS],
  );
});
afterAll(async () => {
  await pool?.end();
  await postgres?.stop();
});

/**
 * Runs the two statements of a login for random users until `isOver`. Returns the number of runs, and the duration of
 * the longest run in milliseconds.
 */
async function logIn(isOver: () => boolean): Promise<{ count: number; longest: number }> {
  let [count, longest] = [0, 0];
  for (; !isOver(); count++) {
    const start = performance.now();
    const username = `user-${1 + Math.floor(Math.random() * USERS)}`;
    await pool.query('SELECT id FROM directory.users WHERE lower(username) = $1', [username]);
    await pool.query('UPDATE directory.users SET last_login = now() WHERE username = $1', [username]);
    longest = Math.max(longest, performance.now() - start);
  }
  return { count, longest };
}

it(`a login during the migrations of ${USERS} users takes less than ${LONGEST_MS} ms`, async () => {
  let isOver = false;
  const start = performance.now();
  const logins = [logIn(() => isOver), logIn(() => isOver)];
  const migrated = await migrate(postgres.url, [DIRECTORY], LIMITS).finally(() => (isOver = true));
  const took = performance.now() - start;
  const results = await Promise.all(logins);
  const [count, longest] = [
    results.reduce((sum, one) => sum + one.count, 0),
    Math.max(...results.map((one) => one.longest)),
  ];
  process.stdout.write(
    `${USERS} users migrated in ${(took / 1000).toFixed(1)} s, ${count} logins of at most ${longest.toFixed(0)} ms\n`,
  );
  expect(migrated).toEqual(OF_USERS);
  expect(longest).toBeLessThan(LONGEST_MS);
  expect(count).toBeGreaterThan(0);
  const { rows } = await pool.query(
    `SELECT count(*)::int AS n FROM directory.users WHERE username_key = lower(username) AND verified_email = email`,
  );
  expect(rows).toEqual([{ n: USERS }]);
});
