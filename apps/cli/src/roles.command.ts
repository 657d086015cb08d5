import { readFile } from 'node:fs/promises';
import { CommandError } from '@gatehouse/local';
import {
  migrationConfig,
  postgresClient,
  postgresConfig,
  readConfig,
  startReadiness,
  storeRoleSettings,
  waitForPostgres,
  withMigrationLock,
} from '@gatehouse/platform';
import pg from 'pg';
import type { Command } from './command.js';
import { scramVerifier } from './scram-verifier.js';

const ROLES_FILE = 'deploy/postgres/roles.sql';

/** `DATABASE_PASSWORD_<SERVICE>` is the password of the role `gatehouse_<service>`. */
const PASSWORD_VARIABLE = /^DATABASE_PASSWORD_([A-Z]+)$/;

/** Waits for Postgres, creates the Postgres roles of the services, and stores their passwords and settings. */
export const rolesCommand: Command = {
  name: 'roles',
  usage: 'usage: npm run roles   sets the password of each Postgres role whose DATABASE_PASSWORD_<SERVICE> is set',
  run: async (_args, { env }) => {
    const { DATABASE_URL } = readConfig(postgresConfig, env);
    const passwords = rolePasswords(env);
    if (passwords.length === 0) throw new CommandError('No DATABASE_PASSWORD_<SERVICE> is set in the environment.');
    await waitForPostgres(DATABASE_URL, startReadiness('roles', env));
    await withMigrationLock(DATABASE_URL, readConfig(migrationConfig, env), () => setRoles(DATABASE_URL, passwords));
    return `roles: ${passwords.map(({ role }) => role).join(', ')}`;
  },
};

interface RolePassword {
  readonly role: string;
  readonly password: string;
}

async function setRoles(url: string, passwords: readonly RolePassword[]): Promise<void> {
  const client = postgresClient(url);
  await client.connect();
  try {
    await client.query('BEGIN');
    await client.query(await readFile(ROLES_FILE, 'utf8'));
    for (const { role, password } of passwords) {
      const [name, verifier] = [pg.escapeIdentifier(role), pg.escapeLiteral(scramVerifier(password))];
      await client.query(`ALTER ROLE ${name} PASSWORD ${verifier}`);
      await client.query(storeRoleSettings({ role: pg.escapeLiteral(role), database: 'current_database()' }));
    }
    await client.query('COMMIT');
  } finally {
    await client.end();
  }
}

const rolePasswords = (env: NodeJS.ProcessEnv): RolePassword[] =>
  Object.entries(env).flatMap(([name, password]) => {
    const service = PASSWORD_VARIABLE.exec(name)?.[1];
    return service && password ? [{ role: `gatehouse_${service.toLowerCase()}`, password }] : [];
  });
