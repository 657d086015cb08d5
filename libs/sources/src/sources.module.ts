import { poolProvider } from '@gatehouse/platform';
import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { IDENTIFICATION_SCHEMA } from './migrations/index.js';
import { PublishedSourceRepository } from './published-source.repository.js';
import { SourceConnectionRepository } from './source-connection.repository.js';

/**
 * Injection token of this module's pool. The token is not `DataSource`, because a stage module may provide its own
 * `DataSource`.
 */
const SOURCES_POOL = Symbol('sources pool');

/** Closes the pool at shutdown, after the last request in flight is answered. */
@Module({})
class SourcesModule implements OnApplicationShutdown {
  constructor(@Inject(SOURCES_POOL) private readonly pool: DataSource) {}

  onApplicationShutdown() {
    return this.pool.destroy();
  }
}

/** The only definition object of this module, so that Nest creates one module and one pool for all importing stages. */
const sourcesModuleDefinition: DynamicModule = {
  module: SourcesModule,
  providers: [
    poolProvider(IDENTIFICATION_SCHEMA, SOURCES_POOL),
    {
      provide: PublishedSourceRepository,
      useFactory: (pool: DataSource) => new PublishedSourceRepository(pool),
      inject: [SOURCES_POOL],
    },
    {
      provide: SourceConnectionRepository,
      useFactory: (pool: DataSource) => new SourceConnectionRepository(pool),
      inject: [SOURCES_POOL],
    },
  ],
  exports: [PublishedSourceRepository, SourceConnectionRepository],
};

/** Provides the repositories of sources and their connections, on the Postgres of DATABASE_URL. */
export const sourcesModule = (): DynamicModule => sourcesModuleDefinition;
