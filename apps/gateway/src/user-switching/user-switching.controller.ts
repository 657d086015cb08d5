import { Body, Controller, HttpCode, HttpStatus, Inject, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { CurrentPrincipal } from '../http/auth/auth.guard.js';
import type { Principal } from '../http/auth/auth.service.js';
import { CsrfGuard } from '../http/auth/csrf.guard.js';
import { ApiEndpoint, genericError, validationError } from '../http/openapi/api-endpoint.decorator.js';
import { lastValue } from '../http/query.js';
import { InvalidFieldsError, ZodBodyPipe } from '../http/zod-body.pipe.js';
import { type UserSwitchRequest, userSwitchRequest, userSwitchResponse } from './user-switching.dto.js';
import { UserSwitchingService } from './user-switching.service.js';

/**
 * Starts the flows that add a user to a browser, or switch to another user of the browser
 * (docs/spec/http.md#user-switching).
 */
@Controller('/api/v3/core/users')
export class UserSwitchingController {
  constructor(@Inject(UserSwitchingService) private readonly switching: UserSwitchingService) {}

  @ApiEndpoint({
    id: 'core_users_switch_create',
    description: 'Starts the flow in which a browser changes to another of its users, or the login of one more.',
    tag: 'core',
    since: '2026.8',
    query: { next: z.string().optional() },
    body: userSwitchRequest,
    answers: { 200: userSwitchResponse, 400: validationError, 404: genericError },
  })
  @Post('switch/')
  @HttpCode(HttpStatus.OK)
  @UseGuards(CsrfGuard)
  async start(
    @Body(new ZodBodyPipe(userSwitchRequest)) { action, user_pk: pk }: UserSwitchRequest,
    @Query('next') next: unknown,
    @CurrentPrincipal() principal: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.input<typeof userSwitchResponse>> {
    const destination = lastValue(next);
    const query = typeof destination === 'string' && destination !== '' ? { next: destination } : {};
    if (action === 'add') return { redirect: await this.switching.add({ request, reply }, principal, query) };
    if (pk === undefined) throw new InvalidFieldsError({ user_pk: [{ code: 'required' }] });
    return { redirect: await this.switching.switchTo({ request, reply }, principal, { pk, query }) };
  }
}
