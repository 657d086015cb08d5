import { Logger, poolProvider, readConfig, reportKeys, runPeriodically, Sealer } from '@gatehouse/platform';
import {
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { DataSource } from 'typeorm';
import { authenticatorsConfig } from './authenticators.config.js';
import { DeviceRepository } from './device.repository.js';
import { DeviceTriesRepository } from './device-tries.repository.js';
import { MFA_SCHEMA } from './migrations/index.js';
import { OrphanedDeviceCleaner } from './orphaned-device-cleaner.js';

/** Deletes orphaned devices periodically, and closes the pool after the last request in flight is answered. */
@Module({})
class AuthenticatorsModule implements OnApplicationBootstrap, OnApplicationShutdown {
  private stopCleaning: (() => void) | undefined;

  constructor(@Inject(DataSource) private readonly source: DataSource) {}

  onApplicationBootstrap() {
    const cleaner = new OrphanedDeviceCleaner(this.source);
    const { MFA_CLEANUP_EVERY_S: seconds } = readConfig(authenticatorsConfig);
    this.stopCleaning = runPeriodically(seconds, () => cleaner.sweep(), new Logger());
  }

  onApplicationShutdown() {
    this.stopCleaning?.();
    return this.source.destroy();
  }
}

function createSealer(): Sealer {
  const sealer = new Sealer(readConfig(authenticatorsConfig).MFA_SEAL_KEYS);
  reportKeys('MFA_SEAL_KEYS', sealer);
  return sealer;
}

/** The only definition object of this module, so that Nest creates one module and one pool for all importing stages. */
const authenticatorsModuleDefinition: DynamicModule = {
  module: AuthenticatorsModule,
  providers: [
    poolProvider(MFA_SCHEMA),
    { provide: Sealer, useFactory: createSealer },
    {
      provide: DeviceRepository,
      useFactory: (source: DataSource, sealer: Sealer) => new DeviceRepository(source, sealer),
      inject: [DataSource, Sealer],
    },
    {
      provide: DeviceTriesRepository,
      useFactory: (source: DataSource) => new DeviceTriesRepository(source),
      inject: [DataSource],
    },
  ],
  exports: [DataSource, Sealer, DeviceRepository, DeviceTriesRepository],
};

/**
 * Provides `DeviceRepository`, its data source and its `Sealer` to the stages of the service `mfa`, on the Postgres of
 * DATABASE_URL.
 */
export const authenticatorsModule = (): DynamicModule => authenticatorsModuleDefinition;
