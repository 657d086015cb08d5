import { MFA_SCHEMA, mfaMigrations } from '@gatehouse/authenticators';
import { FLOW_SCHEMA } from '@gatehouse/blueprints';
import { DIRECTORY_SCHEMA, directoryMigrations } from '@gatehouse/directory';
import { executorMigrations } from '@gatehouse/executor-postgres';
import { migrate } from '@gatehouse/platform';
import { IDENTIFICATION_SCHEMA, identificationMigrations } from '@gatehouse/sources';
import { CAPTCHA_SCHEMA, captchaMigrations } from '@gatehouse/stages/captcha';
import { CONSENT_SCHEMA, consentMigrations } from '@gatehouse/stages/consent';
import { ENROLLMENT_SCHEMA, enrollmentMigrations } from '@gatehouse/stages/enrollment';

/**
 * Migrates all schemas and returns the names of the migrations that ran. Migrates the directory first, because other
 * schemas use its view.
 */
export async function migrateAll(url: string): Promise<string[]> {
  const directory = await migrate({ url, schema: DIRECTORY_SCHEMA, migrations: directoryMigrations });
  const flow = await migrate({ url, schema: FLOW_SCHEMA, migrations: executorMigrations });
  const captcha = await migrate({ url, schema: CAPTCHA_SCHEMA, migrations: captchaMigrations });
  const consent = await migrate({ url, schema: CONSENT_SCHEMA, migrations: consentMigrations });
  const enrollment = await migrate({ url, schema: ENROLLMENT_SCHEMA, migrations: enrollmentMigrations });
  const identification = await migrate({ url, schema: IDENTIFICATION_SCHEMA, migrations: identificationMigrations });
  const mfa = await migrate({ url, schema: MFA_SCHEMA, migrations: mfaMigrations });
  return [...directory, ...flow, ...captcha, ...consent, ...enrollment, ...identification, ...mfa];
}
