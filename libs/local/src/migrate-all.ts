import { MFA_SCHEMA, mfaMigrations } from '@gatehouse/authenticators';
import { FLOW_SCHEMA } from '@gatehouse/blueprints';
import { DIRECTORY_SCHEMA, directoryMigrations } from '@gatehouse/directory';
import { executorMigrations } from '@gatehouse/executor-postgres';
import {
  findExecutedMigrations,
  MigrationError,
  migrate,
  migrationConfig,
  openDataSource,
  readConfig,
  type SchemaMigrations,
  undoMigrations,
} from '@gatehouse/platform';
import { IDENTIFICATION_SCHEMA, identificationMigrations } from '@gatehouse/sources';
import { CAPTCHA_SCHEMA, captchaMigrations } from '@gatehouse/stages/captcha';
import { CONSENT_SCHEMA, consentMigrations } from '@gatehouse/stages/consent';
import { ENROLLMENT_SCHEMA, enrollmentMigrations } from '@gatehouse/stages/enrollment';

/** The migrations of all schemas. The directory is first, because other schemas use its views and functions. */
export const allMigrations: readonly SchemaMigrations[] = [
  { schema: DIRECTORY_SCHEMA, migrations: directoryMigrations },
  { schema: FLOW_SCHEMA, migrations: executorMigrations },
  { schema: CAPTCHA_SCHEMA, migrations: captchaMigrations },
  { schema: CONSENT_SCHEMA, migrations: consentMigrations },
  { schema: ENROLLMENT_SCHEMA, migrations: enrollmentMigrations },
  { schema: IDENTIFICATION_SCHEMA, migrations: identificationMigrations },
  { schema: MFA_SCHEMA, migrations: mfaMigrations },
];

/**
 * Time of the last migration before the first release. No supported version is that old, so `--down` undoes only later
 * migrations.
 */
const FIRST_RELEASE = 1_764_720_000_000;

/**
 * Matches the name of a contract step, a migration that removes what only older versions use (docs/adr/0051). Those
 * versions cannot use the schema after it.
 */
const CONTRACT_STEP = /^Contract/;

const timeOf = (name: string) => Number(name.slice(-13));

/** Runs the pending migrations of all schemas and returns their names. Throws the errors of `migrate`. */
export const migrateAll = (url: string, env: NodeJS.ProcessEnv = process.env): Promise<string[]> =>
  migrate(url, allMigrations, readConfig(migrationConfig, env));

/** The difference between the migrations of this version and those of a database. */
export interface MigrationStatus {
  /** Names of migrations of this version that have not run. */
  readonly missing: readonly string[];
  /** Names of migrations that have run but do not exist in this version, because they are of a newer version. */
  readonly unknown: readonly string[];
  /** The unknown migrations that are contract steps: this version cannot use the database. */
  readonly incompatible: readonly string[];
}

/** Compares the database with the migrations of this version. Changes nothing. */
export async function compareMigrations(url: string, schemas = allMigrations): Promise<MigrationStatus> {
  const executed = await executedMigrations(url, schemas);
  const names = new Set(executed.map(({ name }) => name));
  const known = new Set(schemas.flatMap(({ migrations }) => migrations.map(({ name }) => name)));
  const unknown = [...names].filter((name) => !known.has(name));
  return {
    missing: [...known].filter((name) => !names.has(name)),
    unknown,
    incompatible: unknown.filter((name) => CONTRACT_STEP.test(name)),
  };
}

/**
 * Undoes all migrations after the last contract step, the newest first, and returns their names. Deletes the tables and
 * columns that these migrations have added, with their data. Throws MigrationError if the database has migrations of a
 * newer version.
 */
export async function undoExpansions(
  url: string,
  env: NodeJS.ProcessEnv = process.env,
  schemas = allMigrations,
): Promise<string[]> {
  const { unknown } = await compareMigrations(url, schemas);
  if (unknown.length > 0)
    throw new MigrationError(
      `The database has migrations of a newer version: ${unknown.join(', ')}. Undo them with that version.`,
    );
  const executed = await executedMigrations(url, schemas);
  const contracts = executed.filter(({ name }) => CONTRACT_STEP.test(name)).map(({ name }) => timeOf(name));
  const lastContract = Math.max(FIRST_RELEASE, ...contracts);
  const expansions = executed
    .reverse()
    .filter(({ name }) => timeOf(name) > lastContract)
    .sort((one, other) => timeOf(other.name) - timeOf(one.name));
  await undoMigrations(url, expansions, readConfig(migrationConfig, env));
  return expansions.map(({ name }) => name);
}

/** Returns the migrations that have run, by schema and in order. */
async function executedMigrations(url: string, schemas: readonly SchemaMigrations[]) {
  const source = await openDataSource({ url, schema: 'public', poolSize: 1 });
  try {
    const executed = [];
    for (const schema of schemas) {
      const names = await findExecutedMigrations(source, schema.schema);
      executed.push(...names.map((name) => ({ schema, name })));
    }
    return executed;
  } finally {
    await source.destroy();
  }
}
