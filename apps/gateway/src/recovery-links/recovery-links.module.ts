import { Module } from '@nestjs/common';
import { BrandsModule } from '../brands/brands.module.js';
import { EngineModule } from '../flows/engine.module.js';
import { FlowsModule } from '../flows/flows.module.js';
import { AuthModule } from '../http/auth/auth.module.js';
import { UsersModule } from '../users/users.module.js';
import { EmailStageRepository } from './email-stage.repository.js';
import { RecoveryLinkRepository } from './recovery-link.repository.js';
import { RecoveryLinkService } from './recovery-link.service.js';
import { RecoveryLinksController } from './recovery-links.controller.js';
import { RecoveryMailService } from './recovery-mail.service.js';

/** Links for account recovery, for superusers. */
@Module({
  imports: [AuthModule, BrandsModule, EngineModule, FlowsModule, UsersModule],
  controllers: [RecoveryLinksController],
  providers: [EmailStageRepository, RecoveryLinkRepository, RecoveryLinkService, RecoveryMailService],
})
export class RecoveryLinksModule {}
