/**
 * `npm run test:restore`: backs up a Postgres server, destroys it after users have used their codes, restores it to a time
 * before that, and uses the codes again (test/restore). Needs the programs of PostgreSQL 15 or newer (Debian: postgresql)
 * and `nats-server`. Prints one line and succeeds where the programs of PostgreSQL are missing.
 */
import { spawnSync } from 'node:child_process';
import { findPostgresPrograms } from './postgres-programs.mjs';
import { prepare } from './prepare.mjs';

const programs = process.env.POSTGRES_BIN || findPostgresPrograms();
if (!programs) console.log('SKIPPED: pg_basebackup is not installed');
else {
  prepare();
  const args = ['vitest', 'run', '--config', 'test/restore/vitest.config.ts', '--reporter=verbose'];
  const env = { ...process.env, POSTGRES_BIN: programs };
  process.exitCode = spawnSync('npx', [...args, ...process.argv.slice(2)], { env, stdio: 'inherit' }).status ?? 1;
}
