import { sourcesModule } from '@gatehouse/sources';
import { serveStage } from '@gatehouse/stage-kit';
import { groupUpdateContract } from './group-update.contract.js';
import { GroupUpdateStage } from './group-update.stage.js';

/** The stage that follows a source's groups, on the bus. */
export const groupUpdateModule = () =>
  serveStage(groupUpdateContract, GroupUpdateStage, { imports: [sourcesModule()] });
