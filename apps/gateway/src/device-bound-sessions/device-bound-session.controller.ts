import { Controller, HttpCode, Inject, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '../http/auth/auth.guard.js';
import { AnonymousRateLimitGuard } from '../http/rate-limits/anonymous-rate-limiter.js';
import { DeviceBoundSessionService } from './device-bound-session.service.js';
import { REFRESH_PATH, REGISTRATION_PATH, type SessionInstructions } from './session-instructions.js';

/**
 * The endpoints that browsers call for device-bound sessions. They need no check for CSRF, because each request is signed
 * by the key of the device.
 */
@Public()
@Controller()
@UseGuards(AnonymousRateLimitGuard)
export class DeviceBoundSessionController {
  constructor(@Inject(DeviceBoundSessionService) private readonly sessions: DeviceBoundSessionService) {}

  @Post(REGISTRATION_PATH)
  @HttpCode(200)
  register(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SessionInstructions> {
    return this.sessions.register({ request, reply });
  }

  @Post(REFRESH_PATH)
  @HttpCode(200)
  refresh(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SessionInstructions> {
    return this.sessions.refresh({ request, reply });
  }
}
