import { sourcesModule } from '@gatehouse/sources';
import { stageModule } from '@gatehouse/stage-kit';
import { groupUpdateContract } from './group-update.contract.js';
import { GroupUpdateStage } from './group-update.stage.js';

/** Returns the module that serves the group update stage. */
export const groupUpdateModule = () =>
  stageModule(groupUpdateContract, GroupUpdateStage, { imports: [sourcesModule()] });
