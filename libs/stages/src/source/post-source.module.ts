import { sourcesModule } from '@gatehouse/sources';
import { stageModule } from '@gatehouse/stage-kit';
import { postSourceContract } from './post-source.contract.js';
import { PostSourceStage } from './post-source.stage.js';

/** The stage that keeps who came from a source, on the bus. */
export const postSourceModule = () => stageModule(postSourceContract, PostSourceStage, { imports: [sourcesModule()] });
