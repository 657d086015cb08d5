import { Module } from '@nestjs/common';
import { AuthModule } from '../http/auth/auth.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { ChangeOriginReader } from './change-origin.reader.js';
import { FlowChangeClient } from './flow-change.client.js';
import { FlowChangeAccessService } from './flow-change-access.service.js';
import { FlowChangesController } from './flow-changes.controller.js';
import { FlowRolloutsController } from './flow-rollouts.controller.js';
import { FlowVersionsController } from './flow-versions.controller.js';

/** Changes of flows over HTTP. */
@Module({
  imports: [AuthModule, SessionsModule],
  controllers: [FlowChangesController, FlowRolloutsController, FlowVersionsController],
  providers: [ChangeOriginReader, FlowChangeAccessService, FlowChangeClient],
  exports: [ChangeOriginReader, FlowChangeAccessService, FlowChangeClient],
})
export class FlowChangesModule {}
