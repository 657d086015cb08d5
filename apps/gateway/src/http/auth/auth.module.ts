import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { EngineModule } from '../../flows/engine.module.js';
import { SessionsModule } from '../../sessions/sessions.module.js';
import { ClientResolver } from '../client.resolver.js';
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
  SessionCookieService,
  AnonymousRateLimiter,
  NewSessionRateLimiter,
  KnownBrowserService,
];

/** Authentication of all routes, and the client, session cookie and rate limit that it depends on. */
@Module({
  imports: [EngineModule, SessionsModule],
  providers: [
    // The guards of every route run in this order: an invalid page number is refused before authentication.
    { provide: APP_GUARD, useClass: PaginationGuard },
    { provide: APP_GUARD, useClass: AuthGuard },
    ApiTokenRepository,
    ...SHARED,
  ],
  exports: SHARED,
})
export class AuthModule {}
