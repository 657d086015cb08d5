import { directoryModule } from '@gatehouse/directory';
import { sourcesModule } from '@gatehouse/sources';
import { stageModule } from '@gatehouse/stage-kit';
import { identificationContract } from './identification.contract.js';
import { IdentificationStage } from './identification.stage.js';

/** The identification stage on the bus, with the directory it looks people up in. */
export const identificationModule = () =>
  stageModule(identificationContract, IdentificationStage, { imports: [directoryModule(), sourcesModule()] });
