import { sourcesModule } from '@gatehouse/sources';
import { stageModule } from '@gatehouse/stage-kit';
import { groupUpdateContract } from './group-update.contract.js';
import { GroupUpdateStage } from './group-update.stage.js';

/** The stage that follows a source's groups, on the bus. */
export const groupUpdateModule = () =>
  stageModule(groupUpdateContract, GroupUpdateStage, { imports: [sourcesModule()] });
