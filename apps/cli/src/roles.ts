import { readFile } from 'node:fs/promises';
import { CommandError } from '@gatehouse/local';
import { postgresConfig, readConfig } from '@gatehouse/platform';
import pg from 'pg';
import { runCommand } from './command.js';
import { scramVerifier } from './scram-verifier.js';

const ROLES = 'deploy/postgres/roles.sql';

/** `DATABASE_PASSWORD_<SERVICE>` is the password of the role `gatehouse_<service>`. */
const PASSWORD = /^DATABASE_PASSWORD_([A-Z_]+)$/;

await runCommand('roles', async () => {
  const { DATABASE_URL } = readConfig(postgresConfig);
  const passwords = Object.entries(process.env).flatMap(([name, password]) => {
    const service = PASSWORD.exec(name)?.[1];
    return service && password ? [{ role: `gatehouse_${service.toLowerCase()}`, password }] : [];
  });
  if (passwords.length === 0) throw new CommandError('there is no DATABASE_PASSWORD_<SERVICE> in the environment');
  const client = new pg.Client({ connectionString: DATABASE_URL });
  await client.connect();
  try {
    await client.query('BEGIN');
    await client.query(`SELECT pg_advisory_xact_lock(hashtext('gatehouse migrations'))`);
    await client.query(await readFile(ROLES, 'utf8'));
    for (const { role, password } of passwords) {
      const [name, verifier] = [pg.escapeIdentifier(role), pg.escapeLiteral(scramVerifier(password))];
      await client.query(`ALTER ROLE ${name} PASSWORD ${verifier}`);
    }
    await client.query('COMMIT');
  } finally {
    await client.end();
  }
  return `roles: ${passwords.map(({ role }) => role).join(', ')}`;
});
