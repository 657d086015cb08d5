import { openDataSource, postgresConfig, readConfig } from '@gatehouse/platform';
import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { Connections } from './connections.js';
import { IDENTIFICATION_SCHEMA } from './migrations/index.js';
import { TypeormConnections } from './source-connection.repository.js';
import { SourceStore } from './source-store.js';
import { TypeormSourceStore } from './typeorm-source-store.js';

/** The pool: not a `DataSource` by name, so that a wing may have one of another schema beside it. */
const POOL = Symbol('pool of sources');

/** Keeps the pool until the last request in flight is answered. */
@Module({})
class SourcesModule implements OnApplicationShutdown {
  constructor(@Inject(POOL) private readonly pool: DataSource) {}

  onApplicationShutdown() {
    return this.pool.destroy();
  }
}

const open = () => {
  const { DATABASE_URL, DATABASE_POOL } = readConfig(postgresConfig);
  return openDataSource({ url: DATABASE_URL, poolSize: DATABASE_POOL, schema: IDENTIFICATION_SCHEMA });
};

/** One object, so that Nest sees one module, and opens one pool, however many stages import it. */
const shared: DynamicModule = {
  module: SourcesModule,
  providers: [
    { provide: POOL, useFactory: open },
    { provide: SourceStore, useFactory: (pool: DataSource) => new TypeormSourceStore(pool), inject: [POOL] },
    { provide: Connections, useFactory: (pool: DataSource) => new TypeormConnections(pool), inject: [POOL] },
  ],
  exports: [SourceStore, Connections],
};

/** `Sources` and `Connections` for a wing, from the Postgres that DATABASE_URL names. */
export const sourcesModule = (): DynamicModule => shared;
