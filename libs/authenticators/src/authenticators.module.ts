import { Logger, openDataSource, postgresConfig, readConfig, runPeriodically, Sealer } from '@gatehouse/platform';
import {
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { DataSource } from 'typeorm';
import { authenticatorsConfig } from './authenticators.config.js';
import { TypeormDevices } from './device.repository.js';
import { Devices } from './devices.js';
import { MFA_SCHEMA } from './migrations/index.js';
import { OrphanedDeviceCleaner } from './orphaned-device-cleaner.js';

/** Cleans up now and then, and keeps the pool until the last request in flight is answered. */
@Module({})
class AuthenticatorsModule implements OnApplicationBootstrap, OnApplicationShutdown {
  private stopCleaning: (() => void) | undefined;

  constructor(@Inject(DataSource) private readonly source: DataSource) {}

  onApplicationBootstrap() {
    const janitor = new OrphanedDeviceCleaner(this.source);
    const { MFA_CLEANUP_EVERY_S: seconds } = readConfig(authenticatorsConfig);
    this.stopCleaning = runPeriodically(seconds, () => janitor.sweep(), new Logger('mfa'));
  }

  onApplicationShutdown() {
    this.stopCleaning?.();
    return this.source.destroy();
  }
}

/** One object, so that Nest sees one module, and opens one pool, however many stages import it. */
const authenticatorsModuleDefinition: DynamicModule = {
  module: AuthenticatorsModule,
  providers: [
    {
      provide: DataSource,
      useFactory: () => {
        const { DATABASE_URL, DATABASE_POOL } = readConfig(postgresConfig);
        return openDataSource({ url: DATABASE_URL, poolSize: DATABASE_POOL, schema: MFA_SCHEMA });
      },
    },
    { provide: Sealer, useFactory: () => new Sealer(readConfig(authenticatorsConfig).MFA_SEAL_KEYS) },
    {
      provide: Devices,
      useFactory: (source: DataSource, sealer: Sealer) => new TypeormDevices(source, sealer),
      inject: [DataSource, Sealer],
    },
  ],
  exports: [DataSource, Sealer, Devices],
};

/** `Devices` for the stages of `mfa`, from the Postgres that DATABASE_URL names, and what seals for them. */
export const authenticatorsModule = (): DynamicModule => authenticatorsModuleDefinition;
