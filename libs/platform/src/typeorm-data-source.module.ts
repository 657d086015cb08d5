import { type DynamicModule, Inject, type InjectionToken, Module, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { postgresConfig, readConfig } from './config.js';
import { Readiness } from './readiness.js';
import { openPool, type SchemaVersions } from './typeorm-pool.js';

/** Injection token of the schema versions for which a pool waits. */
export const REQUIRED_SCHEMAS = Symbol('required schemas');

/** Options of the pool of a module. */
interface PoolOptions {
  readonly entities?: DataSourceOptions['entities'];
  /** Milliseconds after which the client gives up a statement, if its transactions raise the limit of the server. */
  readonly queryMs?: number;
}

/** Returns the provider of a pool of connections to one schema, in the Postgres of DATABASE_URL. */
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
 * Returns a module that provides a pool of connections to one schema. The module closes the pool after the last open
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
