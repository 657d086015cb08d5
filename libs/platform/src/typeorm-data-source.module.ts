import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { postgresConfig, readConfig } from './config.js';
import { openDataSource } from './typeorm-data-source.js';

/**
 * Returns a module that provides a pool of connections to one schema, in the Postgres of DATABASE_URL. The module
 * closes the pool after the last open request was answered.
 */
export function dataSourceModule(schema: string): DynamicModule {
  @Module({})
  class PoolModule implements OnApplicationShutdown {
    constructor(@Inject(DataSource) private readonly source: DataSource) {}

    onApplicationShutdown() {
      return this.source.destroy();
    }
  }
  const open = () => {
    const { DATABASE_URL, DATABASE_POOL } = readConfig(postgresConfig);
    return openDataSource({ url: DATABASE_URL, poolSize: DATABASE_POOL, schema });
  };
  return { module: PoolModule, providers: [{ provide: DataSource, useFactory: open }], exports: [DataSource] };
}
