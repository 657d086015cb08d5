import { stageModule } from '@gatehouse/stage-kit';
import { configuredRedirectContract } from './configured-redirect.contract.js';
import { ConfiguredRedirectStage } from './configured-redirect.stage.js';

/** Returns the module that serves the redirect stage of blueprints. */
export const configuredRedirectModule = () => stageModule(configuredRedirectContract, ConfiguredRedirectStage);
