import { Module } from '@nestjs/common';
import { SocketsModule } from '../sockets/sockets.module.js';
import { UsersModule } from '../users/users.module.js';
import { SessionRepository } from './session.repository.js';
import { SessionsController } from './sessions.controller.js';

/** Sessions of logged-in users. */
@Module({
  imports: [SocketsModule, UsersModule],
  controllers: [SessionsController],
  providers: [SessionRepository],
  exports: [SessionRepository],
})
export class SessionsModule {}
