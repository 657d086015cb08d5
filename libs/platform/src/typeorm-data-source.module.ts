import { type DynamicModule, Inject, type InjectionToken, Module, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { postgresConfig, readConfig } from './config.js';
import { Readiness } from './readiness.js';
import { REQUIRED_SCHEMAS, type SchemaVersions } from './schema-versions.js';
import { openPool } from './typeorm-pool.js';

/** Options of a module's connection pool. */
interface PoolOptions {
  readonly entities?: DataSourceOptions['entities'];
  /**
   * Milliseconds after which the client gives up a statement. For pools whose transactions raise the server's time
   * limit.
   */
  readonly queryMs?: number;
}

/** Returns the Nest provider of a connection pool for one schema, in the Postgres of DATABASE_URL. */
export const poolProvider = (
  schema: string,
  token: InjectionToken = DataSource,
  { entities = [], queryMs }: PoolOptions = {},
) => ({
  provide: token,
  useFactory: (readiness: Readiness, versions: SchemaVersions) =>
    openPool({ schema, entities, queryMs, config: readConfig(postgresConfig), readiness, versions }),
  inject: [Readiness, REQUIRED_SCHEMAS],
});

/**
 * Returns a module that provides a connection pool for one schema. At shutdown, it closes the pool after the last open
 * request was answered.
 */
export function dataSourceModule(schema: string, options: PoolOptions = {}): DynamicModule {
  @Module({})
  class PoolModule implements OnApplicationShutdown {
    constructor(@Inject(DataSource) private readonly source: DataSource) {}

    onApplicationShutdown() {
      return this.source.destroy();
    }
  }
  return { module: PoolModule, providers: [poolProvider(schema, DataSource, options)], exports: [DataSource] };
}
