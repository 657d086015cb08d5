import { sourcesModule } from '@gatehouse/sources';
import { serveStage } from '@gatehouse/stage-kit';
import { sourceContract } from './source.contract.js';
import { SourceStage } from './source.stage.js';

/** The source stage on the bus. */
export const sourceModule = () => serveStage(sourceContract, SourceStage, { imports: [sourcesModule()] });
