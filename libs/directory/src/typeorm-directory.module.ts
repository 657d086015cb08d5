import { openDataSource, postgresConfig, readConfig } from '@gatehouse/platform';
import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AccountActivation } from './account-activation.js';
import { CredentialStore } from './credential-store.js';
import { TypeormPeople } from './directory-queries.js';
import { TypeormInvitations } from './invitation.repository.js';
import { Invitations } from './invitations.js';
import { DIRECTORY_SCHEMA } from './migrations/index.js';
import { People } from './people.js';
import { TypeormAccountActivation } from './typeorm-account-activation.js';
import { TypeormCredentialStore } from './typeorm-credential-store.js';
import { TypeormUserLookup } from './typeorm-user-lookup.js';
import { UserLookup } from './user-lookup.js';

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
    {
      provide: AccountActivation,
      useFactory: (source: DataSource) => new TypeormAccountActivation(source),
      inject: [DataSource],
    },
    { provide: UserLookup, useFactory: (source: DataSource) => new TypeormUserLookup(source), inject: [DataSource] },
    {
      provide: CredentialStore,
      useFactory: (source: DataSource) => new TypeormCredentialStore(source),
      inject: [DataSource],
    },
    { provide: Invitations, useFactory: (source: DataSource) => new TypeormInvitations(source), inject: [DataSource] },
    { provide: People, useFactory: (source: DataSource) => new TypeormPeople(source), inject: [DataSource] },
  ],
  exports: [DataSource, AccountActivation, UserLookup, CredentialStore, Invitations, People],
};

/** `Users`, `Credentials` and `People` for a wing, from the Postgres that DATABASE_URL names. */
export const directoryModule = (): DynamicModule => shared;
