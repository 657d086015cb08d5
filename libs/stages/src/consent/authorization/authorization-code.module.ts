import { stageModule } from '@gatehouse/stage-kit';
import { DataSource } from 'typeorm';
import { consentDataSourceModule } from '../consent.module.js';
import { authorizationCodeContract } from './authorization-code.contract.js';
import { AuthorizationCodeStage } from './authorization-code.stage.js';
import { AuthorizationStore } from './authorization-store.js';
import { AuthorizationController } from './nats-authorization.controller.js';
import { TypeormAuthorizationStore } from './typeorm-authorization-store.js';

/** Returns the module that serves the stage of authorization codes, and the gateway's requests about them. */
export const authorizationCodeModule = () =>
  stageModule(authorizationCodeContract, AuthorizationCodeStage, {
    imports: [consentDataSourceModule],
    controllers: [AuthorizationController],
    providers: [
      {
        provide: AuthorizationStore,
        useFactory: (source: DataSource) => new TypeormAuthorizationStore(source),
        inject: [DataSource],
      },
    ],
  });
