import { poolProvider } from '@gatehouse/platform';
import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AccountActivation } from './account-activation.js';
import { CredentialStore } from './credential-store.js';
import { InvitationRepository } from './invitation.repository.js';
import { DIRECTORY_SCHEMA } from './migrations/index.js';
import { PolicyUserRepository } from './policy-user.repository.js';
import { TypeormAccountActivation } from './typeorm-account-activation.js';
import { TypeormCredentialStore } from './typeorm-credential-store.js';
import { TypeormUserLookup } from './typeorm-user-lookup.js';
import { UserLookup } from './user-lookup.js';
import { UsernameRepository } from './username.repository.js';

/** Closes the pool after the last open request was answered. */
@Module({})
class DirectoryModule implements OnApplicationShutdown {
  constructor(@Inject(DataSource) private readonly source: DataSource) {}

  onApplicationShutdown() {
    return this.source.destroy();
  }
}

/** The module as a single object, so that Nest creates one module and one pool for all stages that import it. */
const shared: DynamicModule = {
  module: DirectoryModule,
  providers: [
    poolProvider(DIRECTORY_SCHEMA),
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
    {
      provide: UsernameRepository,
      useFactory: (source: DataSource) => new UsernameRepository(source),
      inject: [DataSource],
    },
    {
      provide: InvitationRepository,
      useFactory: (source: DataSource) => new InvitationRepository(source),
      inject: [DataSource],
    },
    {
      provide: PolicyUserRepository,
      useFactory: (source: DataSource) => new PolicyUserRepository(source),
      inject: [DataSource],
    },
  ],
  exports: [
    ...[DataSource, AccountActivation, UserLookup, UsernameRepository, CredentialStore],
    ...[InvitationRepository, PolicyUserRepository],
  ],
};

/** Returns the module that provides the stores and repositories of the directory, on the Postgres of DATABASE_URL. */
export const directoryModule = (): DynamicModule => shared;
