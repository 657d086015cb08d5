import { sourcesModule } from '@gatehouse/sources';
import { stageModule } from '@gatehouse/stage-kit';
import { postSourceContract } from './post-source.contract.js';
import { PostSourceStage } from './post-source.stage.js';

/** Returns the module that serves the post source stage. */
export const postSourceModule = () => stageModule(postSourceContract, PostSourceStage, { imports: [sourcesModule()] });
