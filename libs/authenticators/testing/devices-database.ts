import { randomBytes } from 'node:crypto';
import { DeviceRepository, MFA_SCHEMA, mfaMigrations } from '@gatehouse/authenticators';
import { migrate, openDataSource, Sealer } from '@gatehouse/platform';
import { freshDatabase } from '../../../test/support/postgres.js';

/** Creates the schema of devices in a database. Returns the settings of a service that uses it. */
export async function migrateDevices(url: string) {
  await migrate({ url, schema: MFA_SCHEMA, migrations: mfaMigrations });
  return { DATABASE_URL: url, MFA_SEAL_KEYS: `test:${randomBytes(32).toString('base64')}` };
}

/** Creates a database with the schema of devices, and a repository on it. */
export async function createDeviceDatabase() {
  const database = await freshDatabase();
  const settings = await migrateDevices(database.url);
  const source = await openDataSource({ url: database.url, schema: MFA_SCHEMA, poolSize: 12 });
  const sealer = new Sealer(settings.MFA_SEAL_KEYS);
  return {
    settings,
    source,
    sealer,
    devices: new DeviceRepository(source, sealer),
    close: async () => {
      await source.destroy();
      await database.drop();
    },
  };
}

export type DeviceDatabase = Awaited<ReturnType<typeof createDeviceDatabase>>;
