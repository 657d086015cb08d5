import { createHmac } from 'node:crypto';
import { Controller, Get, Inject, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Self } from '../execution/sessions.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { initialsAvatar } from './avatar.js';
import { Principals } from './principal.js';

/** Who a session or a token belongs to: what a reverse proxy asks before it lets somebody through. */
@Controller('/api/v3/core/users')
export class UsersController {
  constructor(
    @Inject(Principals) private readonly principals: Principals,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  /** The user who asks; 403 for anybody else. */
  @Get('me/')
  async me(@Req() request: FastifyRequest) {
    return { user: this.present((await this.principals.load(request)).user) };
  }

  private present(user: Self) {
    const { pk, username, name, is_active, is_superuser, groups, email, settings, type } = user;
    return {
      ...{ pk, username, name, is_active, is_superuser, groups, email, settings, type },
      avatar: user.avatar ?? initialsAvatar(user),
      uid: createHmac('sha256', this.config.SECRET_KEY).update(`uid:${user.uuid}`).digest('hex'),
      system_permissions: [],
    };
  }
}
