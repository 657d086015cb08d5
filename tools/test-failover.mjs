/**
 * `npm run test:failover`: kills and hangs the servers of a deployment on this machine while users log in
 * (test/failover): NATS servers, gateways, and a Postgres primary whose standby is promoted. Needs `nats-server`, `haproxy`
 * and the programs of PostgreSQL 15 or newer (Debian: nats-server, haproxy, postgresql). Prints one line and succeeds
 * where one of them is missing.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { findPostgresPrograms } from './postgres-programs.mjs';
import { prepare } from './prepare.mjs';

const natsServer = process.env.NATS_SERVER || find('nats-server');
const postgres = process.env.POSTGRES_BIN || findPostgresPrograms();
const missing = [!natsServer && 'nats-server', !find('haproxy') && 'haproxy', !postgres && 'pg_basebackup'].filter(
  Boolean,
);
if (missing.length > 0) console.log(`SKIPPED: ${missing.join(', ')} is not installed`);
else {
  prepare();
  const env = { ...process.env, PATH: folders().join(delimiter), NATS_SERVER: natsServer, POSTGRES_BIN: postgres };
  const args = [
    'vitest',
    'run',
    '--config',
    'test/failover/vitest.config.ts',
    '--reporter=verbose',
    ...process.argv.slice(2),
  ];
  process.exitCode = spawnSync('npx', args, { env, stdio: 'inherit' }).status ?? 1;
}

/** Returns the folders of programs, with those of servers that an ordinary user's PATH may lack. */
function folders() {
  return [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin'];
}

function find(program) {
  return folders()
    .map((folder) => join(folder, program))
    .find((path) => existsSync(path));
}
