import { createHmac } from 'node:crypto';
import { Problem } from '@gatehouse/contracts';
import { Controller, Get, Inject, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { type Self, Sessions } from '../execution/sessions.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { initialsAvatar } from './avatar.js';
import { Described } from './openapi/operation.js';
import { sessionKeyOf } from './session.cookie.js';
import { sessionUser, type UserSelf } from './users.bodies.js';

/** Who a session belongs to: what a reverse proxy asks before it lets somebody through. */
@Controller('/api/v3/core/users')
export class UsersController {
  constructor(
    @Inject(Sessions) private readonly sessions: Sessions,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  /** The logged-in user; 403 for anybody else. */
  @Described({
    id: 'core_users_me_retrieve',
    description: 'Who is logged in.',
    tag: 'core',
    answers: { 200: sessionUser },
  })
  @Get('me/')
  async me(@Req() request: FastifyRequest) {
    const key = sessionKeyOf(request);
    const user = key && (await this.sessions.findUser(key));
    if (!user) throw new Problem('not_authenticated');
    return { user: this.present(user) };
  }

  private present(user: Self): UserSelf {
    const { pk, username, name, is_active, is_superuser, groups, email, settings, type } = user;
    return {
      ...{ pk, username, name, is_active, is_superuser, groups, email, settings, type },
      avatar: user.avatar ?? initialsAvatar(user),
      uid: createHmac('sha256', this.config.SECRET_KEY).update(`uid:${user.uuid}`).digest('hex'),
      system_permissions: [],
    };
  }
}
