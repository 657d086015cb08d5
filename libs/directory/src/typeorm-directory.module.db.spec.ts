import { REQUIRED_SCHEMAS, Readiness } from '@gatehouse/platform';
import { Global, Inject, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { freshDatabase } from '../../../test/support/postgres.js';
import { CredentialStore } from './credential-store.js';
import { directoryModule } from './typeorm-directory.module.js';
import { UserLookup } from './user-lookup.js';

@Module({ imports: [directoryModule()] })
class PasswordModule {
  constructor(@Inject(UserLookup) readonly users: UserLookup) {}
}

@Module({ imports: [directoryModule()] })
class IdentificationModule {
  constructor(
    @Inject(UserLookup) readonly users: UserLookup,
    @Inject(CredentialStore) readonly credentials: CredentialStore,
  ) {}
}

@Global()
@Module({
  providers: [
    { provide: Readiness, useValue: new Readiness() },
    { provide: REQUIRED_SCHEMAS, useValue: {} },
  ],
  exports: [Readiness, REQUIRED_SCHEMAS],
})
class ReadinessModule {}

@Module({ imports: [ReadinessModule, PasswordModule, IdentificationModule] })
class Service {}

describe('the directory module of a service', () => {
  afterEach(() => void vi.unstubAllEnvs());

  it('opens one pool for all modules, and closes it when the service stops', async () => {
    const database = await freshDatabase();
    vi.stubEnv('DATABASE_URL', database.url);
    const service = await NestFactory.createApplicationContext(Service, { logger: false });
    const pool = service.get(DataSource, { strict: false });
    expect(service.get(PasswordModule).users).toBe(service.get(IdentificationModule).users);
    expect(pool.isInitialized).toBe(true);
    await service.close();
    expect(pool.isInitialized).toBe(false);
    await database.drop();
  });

  it('throws with the name of a missing setting', async () => {
    vi.stubEnv('DATABASE_URL', '');
    const start = NestFactory.createApplicationContext(Service, { logger: false, abortOnError: false });
    await expect(start).rejects.toThrow(/DATABASE_URL/);
  });
});
