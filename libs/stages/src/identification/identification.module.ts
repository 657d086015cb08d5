import { directoryModule } from '@gatehouse/directory';
import { sourcesModule } from '@gatehouse/sources';
import { stageModule } from '@gatehouse/stage-kit';
import { identificationContract } from './identification.contract.js';
import { IdentificationStage } from './identification.stage.js';

/** Returns the module that serves the identification stage. */
export const identificationModule = () =>
  stageModule(identificationContract, IdentificationStage, { imports: [directoryModule(), sourcesModule()] });
