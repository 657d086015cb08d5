import { Module } from '@nestjs/common';
import { BrandsModule } from '../brands/brands.module.js';
import { EngineModule } from '../flows/engine.module.js';
import { FlowsModule } from '../flows/flows.module.js';
import { AuthModule } from '../http/auth/auth.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { UsersModule } from '../users/users.module.js';
import { UserSwitchingController } from './user-switching.controller.js';
import { UserSwitchingService } from './user-switching.service.js';

/** Several users who are logged in within one browser. */
@Module({
  imports: [AuthModule, BrandsModule, EngineModule, FlowsModule, SessionsModule, UsersModule],
  controllers: [UserSwitchingController],
  providers: [UserSwitchingService],
  exports: [UserSwitchingService],
})
export class UserSwitchingModule {}
