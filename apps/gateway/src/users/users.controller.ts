import { Controller, Get, Inject } from '@nestjs/common';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { CurrentUser } from '../http/auth/auth.guard.js';
import { userUid } from '../http/identifiers.js';
import { ApiEndpoint } from '../http/openapi/api-endpoint.decorator.js';
import { AvatarService } from './avatars/avatar.service.js';
import { sessionUser, type UserSelf } from './user.dto.js';
import type { AuthenticatedUser } from './user.repository.js';

/** The user of a session or token. Reverse proxies request the user before they admit a visitor. */
@Controller('/api/v3/core/users')
export class UsersController {
  constructor(
    @Inject(AvatarService) private readonly avatars: AvatarService,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  @ApiEndpoint({
    id: 'core_users_me_retrieve',
    description: 'Returns the current user: the user of the bearer token, else of the session.',
    tag: 'core',
    answers: { 200: sessionUser },
  })
  @Get('me/')
  me(@CurrentUser() user: AuthenticatedUser): { user: UserSelf } {
    const { pk, username, name, is_active, is_superuser, groups, email, settings, type } = user;
    return {
      user: {
        ...{ pk, username, name, is_active, is_superuser, groups, email, settings, type },
        avatar: this.avatars.urlOf(user),
        uid: userUid(user, this.config),
        system_permissions: [],
      },
    };
  }
}
