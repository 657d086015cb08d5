import { Module } from '@nestjs/common';
import { AuthModule } from '../http/auth/auth.module.js';
import { SocketsModule } from '../sockets/sockets.module.js';
import { UsersModule } from '../users/users.module.js';
import { SessionsController } from './sessions.controller.js';
import { SessionsModule } from './sessions.module.js';

/** The API of sessions. Separate from `SessionsModule`, which the authentication of all routes imports. */
@Module({
  imports: [AuthModule, SessionsModule, SocketsModule, UsersModule],
  controllers: [SessionsController],
})
export class SessionsApiModule {}
