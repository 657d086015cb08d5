import { directoryModule } from '@gatehouse/directory';
import { stageModule } from '@gatehouse/stage-kit';
import { enrollmentModule } from './enrollment.module.js';
import { invitationContract } from './invitation.contract.js';
import { InvitationStage } from './invitation.stage.js';

/** Returns the module that serves the invitation stage. */
export const invitationModule = () =>
  stageModule(invitationContract, InvitationStage, { imports: [directoryModule(), enrollmentModule()] });
