import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { AuthService } from '../http/auth/auth.service.js';
import { ApiEndpoint } from '../http/openapi/api-endpoint.decorator.js';
import { userUid } from '../http/uid.js';
import type { CurrentUser } from '../sessions/sessions.js';
import { AvatarService } from './avatars/avatar.service.js';
import { sessionUser, type UserSelf } from './user.dto.js';

/** Who a session or a token belongs to: what a reverse proxy asks before it lets somebody through. */
@Controller('/api/v3/core/users')
export class UsersController {
  constructor(
    @Inject(AuthService) private readonly principals: AuthService,
    @Inject(AvatarService) private readonly avatars: AvatarService,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  /** The user who asks; 403 for anybody else. */
  @ApiEndpoint({
    id: 'core_users_me_retrieve',
    description: 'Who asks: the user of the token, else of the session.',
    tag: 'core',
    answers: { 200: sessionUser },
  })
  @Get('me/')
  async me(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    return { user: this.present((await this.principals.load({ request, reply })).user) };
  }

  private present(user: CurrentUser): UserSelf {
    const { pk, username, name, is_active, is_superuser, groups, email, settings, type } = user;
    return {
      ...{ pk, username, name, is_active, is_superuser, groups, email, settings, type },
      avatar: this.avatars.of(user),
      uid: userUid(user, this.config),
      system_permissions: [],
    };
  }
}
