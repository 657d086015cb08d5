import { stageModule } from '@gatehouse/stage-kit';
import { DataSource } from 'typeorm';
import { consentContract } from './consent.contract.js';
import { ConsentStage } from './consent.stage.js';
import { TypeormConsents } from './consent-grant.repository.js';
import { consentDataSourceModule } from './consent-pool.js';
import { Consents } from './consents.js';

/** The consent stage on the bus, with what users have allowed in the Postgres that DATABASE_URL names. */
export const consentModule = () =>
  stageModule(consentContract, ConsentStage, {
    imports: [consentDataSourceModule],
    providers: [
      { provide: Consents, useFactory: (source: DataSource) => new TypeormConsents(source), inject: [DataSource] },
    ],
  });
