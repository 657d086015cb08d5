import { MigrationError } from '@gatehouse/platform';
import { type LocalPostgres, openPostgres } from './local-postgres.js';
import { compareMigrations, migrateAll } from './migrate-all.js';

/**
 * Opens the Postgres server for a command that uses the schemas of this version. Migrates the embedded server only.
 * Throws MigrationError if the database of DATABASE_URL lacks migrations, or is of a newer version that this one cannot
 * use: a command of another checkout must not migrate the database of a running deployment.
 */
export async function openMigratedPostgres(env: NodeJS.ProcessEnv): Promise<LocalPostgres> {
  const postgres = await openPostgres(env);
  try {
    const { missing, incompatible } = await compareMigrations(postgres.url);
    if (incompatible.length > 0)
      throw new MigrationError(
        `This version cannot use the database after ${incompatible.join(', ')}. Use the version that runs on it.`,
      );
    if (missing.length > 0 && !postgres.embedded)
      throw new MigrationError(
        `The database lacks migrations of this version: ${missing.join(', ')}. Use the version that runs on it, or run migrate.`,
      );
    if (missing.length > 0) await migrateAll(postgres.url, env);
    return postgres;
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}
