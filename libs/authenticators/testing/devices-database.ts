import { randomBytes } from 'node:crypto';
import { MFA_SCHEMA, mfaMigrations, TypeormDevices } from '@gatehouse/authenticators';
import { migrate, openDataSource, Sealer } from '@gatehouse/platform';
import { freshDatabase } from '../../../test/support/postgres.js';

/** Adds the schema of devices to a database; the settings of whoever opens what is sealed in it. */
export async function withDevices(url: string) {
  await migrate({ url, schema: MFA_SCHEMA, migrations: mfaMigrations });
  return { DATABASE_URL: url, MFA_SEAL_KEYS: `test:${randomBytes(32).toString('base64')}` };
}

/** A database with devices, for tests of those who keep them. */
export async function devicesDatabase() {
  const database = await freshDatabase();
  const settings = await withDevices(database.url);
  const source = await openDataSource({ url: database.url, schema: MFA_SCHEMA, poolSize: 12 });
  const sealer = new Sealer(settings.MFA_SEAL_KEYS);
  return {
    settings,
    source,
    sealer,
    devices: new TypeormDevices(source, sealer),
    close: async () => {
      await source.destroy();
      await database.drop();
    },
  };
}

export type DevicesDatabase = Awaited<ReturnType<typeof devicesDatabase>>;
