import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { EngineModule } from '../../flows/engine.module.js';
import { SessionsModule } from '../../sessions/sessions.module.js';
import { SocketsModule } from '../../sockets/sockets.module.js';
import { ClientResolver } from '../client.resolver.js';
import { EventFactsReader } from '../event-facts.reader.js';
import { KnownBrowserService } from '../known-browser.service.js';
import { PaginationGuard } from '../pagination.guard.js';
import { AnonymousRateLimiter } from '../rate-limits/anonymous-rate-limiter.js';
import { NewSessionRateLimiter } from '../rate-limits/new-session-rate-limiter.js';
import { SessionCookieService } from '../session-cookie.service.js';
import { ApiTokenRepository } from './api-token.repository.js';
import { AuthGuard } from './auth.guard.js';
import { AuthService } from './auth.service.js';
import { RecentLoginService } from './recent-login.service.js';

const SHARED = [
  AuthService,
  RecentLoginService,
  ClientResolver,
  EventFactsReader,
  SessionCookieService,
  AnonymousRateLimiter,
  NewSessionRateLimiter,
  KnownBrowserService,
];

/**
 * The guards of all routes, and SHARED: services that identify the sender of a request, which other modules use too.
 */
@Module({
  imports: [EngineModule, SessionsModule, SocketsModule],
  providers: [
    // Nest runs global guards in this order, and clients see it (docs/adr/0040): an anonymous request for an invalid
    // page of a list gets 404, not 403.
    { provide: APP_GUARD, useClass: PaginationGuard },
    { provide: APP_GUARD, useClass: AuthGuard },
    ApiTokenRepository,
    ...SHARED,
  ],
  exports: SHARED,
})
export class AuthModule {}
