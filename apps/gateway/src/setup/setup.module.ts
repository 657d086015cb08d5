import { Module } from '@nestjs/common';
import { FlowsModule } from '../flows/flows.module.js';
import { AuthModule } from '../http/auth/auth.module.js';
import { SetupController } from './setup.controller.js';
import { SetupRepository } from './setup.repository.js';
import { SetupService } from './setup.service.js';

/** The set-up of a new installation by its first administrator. */
@Module({
  imports: [AuthModule, FlowsModule],
  controllers: [SetupController],
  providers: [SetupRepository, SetupService],
  exports: [SetupService],
})
export class SetupModule {}
