import { Controller, Get, HttpCode, HttpStatus, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { ApiEndpoint } from '../http/openapi/api-endpoint.decorator.js';

const ok = z.object({ status: z.literal('ok') });
const unavailable = z.object({ status: z.literal('unavailable'), missing: z.array(z.string()) });

/** What the gateway needs to answer a login. */
export abstract class HealthChecks {
  /** Names of those that cannot be reached just now. */
  abstract missing(): Promise<readonly string[]>;
}

/** For whatever restarts or routes to this process. */
@Controller('/-/health')
export class HealthController {
  constructor(@Inject(HealthChecks) private readonly dependencies: HealthChecks) {}

  /** The process runs. Says nothing of what it depends on, so that an outage elsewhere restarts nobody. */
  @ApiEndpoint({
    id: 'health_live_retrieve',
    description: 'Whether the process runs.',
    tag: 'health',
    anonymous: true,
    answers: { 200: ok },
  })
  @Get('live/')
  @HttpCode(HttpStatus.OK)
  live() {
    return { status: 'ok' };
  }

  /** A request sent here now can be answered. */
  @ApiEndpoint({
    id: 'health_ready_retrieve',
    description: 'Whether a request sent now can be answered.',
    tag: 'health',
    anonymous: true,
    answers: { 200: ok, 503: unavailable },
  })
  @Get('ready/')
  async ready(@Res({ passthrough: true }) reply: FastifyReply) {
    const missing = await this.dependencies.missing();
    if (missing.length > 0) void reply.status(HttpStatus.SERVICE_UNAVAILABLE);
    return missing.length > 0 ? { status: 'unavailable', missing } : { status: 'ok' };
  }
}
