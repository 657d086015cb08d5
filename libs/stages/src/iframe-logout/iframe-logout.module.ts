import { stageModule } from '@gatehouse/stage-kit';
import { iframeLogoutContract } from './iframe-logout.contract.js';
import { IframeLogoutStage } from './iframe-logout.stage.js';

/** Returns the module that serves the iframe logout stage. */
export const iframeLogoutModule = () => stageModule(iframeLogoutContract, IframeLogoutStage);
