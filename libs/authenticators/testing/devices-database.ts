import { randomBytes } from 'node:crypto';
import { DeviceRepository, MFA_SCHEMA } from '@gatehouse/authenticators';
import { openDataSource, Sealer } from '@gatehouse/platform';
import { migratedDatabase } from '../../../test/support/postgres.js';

/** Returns the settings of a service that stores devices in the database at `url`. */
export function deviceSettings(url: string) {
  return { DATABASE_URL: url, MFA_SEAL_KEYS: `test:${randomBytes(32).toString('base64')}` };
}

/** Creates a database with the schema of devices, and a repository on it. */
export async function createDeviceDatabase() {
  const database = await migratedDatabase();
  const settings = deviceSettings(database.url);
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
