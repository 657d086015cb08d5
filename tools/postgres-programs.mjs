import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Returns the folder of the programs of the newest installed PostgreSQL from 15 on, as Debian installs it. */
export function findPostgresPrograms() {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian)
    ? readdirSync(debian)
        .map(Number)
        .filter((version) => version >= 15)
    : [];
  return versions
    .sort((a, b) => b - a)
    .map((version) => join(debian, String(version), 'bin'))
    .find((folder) => existsSync(join(folder, 'pg_basebackup')));
}
