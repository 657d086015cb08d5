import { sourcesModule } from '@gatehouse/sources';
import { stageModule } from '@gatehouse/stage-kit';
import { sourceContract } from './source.contract.js';
import { SourceStage } from './source.stage.js';

/** Returns the module that serves the source stage. */
export const sourceModule = () => stageModule(sourceContract, SourceStage, { imports: [sourcesModule()] });
