import { Module } from '@nestjs/common';
import { BoundCookieService } from '../http/bound-cookie.service.js';
import { SessionMessenger } from './session-messenger.js';
import { SocketController } from './socket.controller.js';
import { SocketHub } from './socket.hub.js';
import { SocketLimits } from './socket-limits.js';

/** The WebSockets of pages, and the messages that are sent on them. */
@Module({
  controllers: [SocketController],
  providers: [SocketLimits, SocketHub, SessionMessenger, BoundCookieService],
  exports: [SessionMessenger, SocketHub, BoundCookieService],
})
export class SocketsModule {}
