import { valueIn } from '@gatehouse/contracts';
import { Controller, Get, Inject, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { viewFor } from '../http/api-view.js';
import { CurrentPrincipal, CurrentUser } from '../http/auth/auth.guard.js';
import type { Principal } from '../http/auth/auth.service.js';
import { userUid } from '../http/identifiers.js';
import { ApiEndpoint } from '../http/openapi/api-endpoint.decorator.js';
import { SessionRepository } from '../sessions/session.repository.js';
import { type LoginClaims, loginClaims } from '../sessions/session-authentication.js';
import { AvatarService } from './avatars/avatar.service.js';
import { BrowserUsersService } from './browser-users.service.js';
import { type SessionUser, sessionUser, type UserSelf } from './user.dto.js';
import type { AuthenticatedUser } from './user.repository.js';

/** The user of a session or token. Reverse proxies request the user before they admit a visitor. */
@Controller('/api/v3/core/users')
export class UsersController {
  constructor(
    @Inject(AvatarService) private readonly avatars: AvatarService,
    @Inject(SessionRepository) private readonly sessions: SessionRepository,
    @Inject(BrowserUsersService) private readonly browserUsers: BrowserUsersService,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  @ApiEndpoint({
    id: 'core_users_me_retrieve',
    description: 'Returns the current user: the user of the bearer token, else of the session.',
    tag: 'core',
    answers: { 200: sessionUser },
  })
  @Get('me/')
  async me(
    @CurrentUser() user: AuthenticatedUser,
    @CurrentPrincipal() principal: Principal,
    @Req() request: FastifyRequest,
  ): Promise<SessionUser> {
    const view = viewFor(request, this.config);
    const own = {
      ...this.selfOf(user, !principal.byToken),
      ...(view === 'complete' && (await this.loginOf(principal))),
    };
    const others = await this.browserUsers.listOthers(request, principal);
    const users = [own, ...others.map((other) => this.selfOf(other.user, false))];
    return valueIn(view, sessionUser, { user: own, users });
  }

  private selfOf(user: AuthenticatedUser, is_current: boolean): UserSelf {
    const { pk, username, name, is_active, is_superuser, groups, email, settings, type } = user;
    return {
      ...{ pk, username, name, is_active, is_superuser, is_current, groups, email, settings, type },
      avatar: this.avatars.urlOf(user),
      uid: userUid(user, this.config),
      system_permissions: [],
    };
  }

  /** Returns the claims about the login of the session; none for an API token. */
  private async loginOf(principal: Principal): Promise<LoginClaims | undefined> {
    if (principal.byToken || principal.sessionId === undefined) return undefined;
    const login = await this.sessions.findLogin(principal.sessionId, principal.user.uuid);
    return login && loginClaims(login, {}, Date.now() / 1000);
  }
}
