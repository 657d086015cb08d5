import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { postgresConfig, readConfig } from './config.js';
import { openDataSource } from './typeorm-data-source.js';

/** A pool of connections for one owner of a schema, in the Postgres that DATABASE_URL names; kept until the last request in flight is answered. */
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
