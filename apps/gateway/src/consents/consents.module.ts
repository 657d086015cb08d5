import { Module } from '@nestjs/common';
import { AuthModule } from '../http/auth/auth.module.js';
import { UsersModule } from '../users/users.module.js';
import { ConsentRepository } from './consent.repository.js';
import { ConsentsController } from './consents.controller.js';

/** Consents that users gave to applications. */
@Module({
  imports: [AuthModule, UsersModule],
  controllers: [ConsentsController],
  providers: [ConsentRepository],
  exports: [ConsentRepository],
})
export class ConsentsModule {}
