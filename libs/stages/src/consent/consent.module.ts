import { dataSourceModule, readConfig } from '@gatehouse/platform';
import { stageModule } from '@gatehouse/stage-kit';
import { DataSource } from 'typeorm';
import { consentConfig } from './consent.config.js';
import { consentContract } from './consent.contract.js';
import { ConsentStage } from './consent.stage.js';
import { ConsentGrantRepository } from './consent-grant.repository.js';
import { CONSENT_SCHEMA } from './migrations/index.js';

/**
 * Module of the database connection. All stages of the service share this one object, so that Nest opens one connection
 * pool.
 */
export const consentDataSourceModule = dataSourceModule(CONSENT_SCHEMA);

/** Returns the module that serves the consent stage. It stores grants in the database of `DATABASE_URL`. */
export const consentModule = () =>
  stageModule(consentContract, ConsentStage, {
    imports: [consentDataSourceModule],
    providers: [
      {
        provide: ConsentGrantRepository,
        useFactory: (source: DataSource) =>
          new ConsentGrantRepository(source, readConfig(consentConfig).CONSENT_PERMISSIONS),
        inject: [DataSource],
      },
    ],
  });
