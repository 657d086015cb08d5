import { pbkdf2Sync } from 'node:crypto';
import pg from 'pg';
import type { BenchEnvironment } from '../environment.js';

/** A third of authentik's iterations: about 50 ms of CPU time, five times Gatehouse's own hash. */
const ITERATIONS = 240_000;
const KEY = pbkdf2Sync('correct-horse-7', 'salt', ITERATIONS, 32, 'sha256').toString('base64');

/** Sets the hash of the slow users and deletes all failed attempts, so that no answer is delayed. */
export async function prepareSlowUsers({ databaseUrl }: BenchEnvironment): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const hash = `pbkdf2_sha256$${ITERATIONS}$salt$${KEY}`;
    await client.query(`UPDATE directory.users SET password_hash = $1 WHERE username LIKE 'slow-%'`, [hash]);
    await client.query('DELETE FROM flow.attempts');
  } finally {
    await client.end();
  }
}
