import { openDataSource, postgresConfig, readConfig } from '@gatehouse/platform';
import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Activations } from './activations.js';
import { Credentials } from './credentials.js';
import { Invitations } from './invitations.js';
import { DIRECTORY_SCHEMA } from './migrations/index.js';
import { People } from './people.js';
import { TypeormActivations } from './typeorm-activations.js';
import { TypeormCredentials } from './typeorm-credentials.js';
import { TypeormInvitations } from './typeorm-invitations.js';
import { TypeormPeople } from './typeorm-people.js';
import { TypeormUsers } from './typeorm-users.js';
import { Users } from './users.js';

/** Keeps the pool until the last request in flight is answered. */
@Module({})
class DirectoryModule implements OnApplicationShutdown {
  constructor(@Inject(DataSource) private readonly source: DataSource) {}

  onApplicationShutdown() {
    return this.source.destroy();
  }
}

/** One object, so that Nest sees one module, and opens one pool, however many stages import it. */
const shared: DynamicModule = {
  module: DirectoryModule,
  providers: [
    {
      provide: DataSource,
      useFactory: () => {
        const { DATABASE_URL, DATABASE_POOL } = readConfig(postgresConfig);
        return openDataSource({ url: DATABASE_URL, poolSize: DATABASE_POOL, schema: DIRECTORY_SCHEMA });
      },
    },
    { provide: Activations, useFactory: (source: DataSource) => new TypeormActivations(source), inject: [DataSource] },
    { provide: Users, useFactory: (source: DataSource) => new TypeormUsers(source), inject: [DataSource] },
    { provide: Credentials, useFactory: (source: DataSource) => new TypeormCredentials(source), inject: [DataSource] },
    { provide: Invitations, useFactory: (source: DataSource) => new TypeormInvitations(source), inject: [DataSource] },
    { provide: People, useFactory: (source: DataSource) => new TypeormPeople(source), inject: [DataSource] },
  ],
  exports: [DataSource, Activations, Users, Credentials, Invitations, People],
};

/** `Users`, `Credentials` and `People` for a wing, from the Postgres that DATABASE_URL names. */
export const directoryModule = (): DynamicModule => shared;
