import { Readiness } from '@gatehouse/platform';
import { Controller, Get, HttpCode, HttpStatus, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Public } from '../http/auth/auth.guard.js';
import { ApiEndpoint } from '../http/openapi/api-endpoint.decorator.js';

const ok = z.object({ status: z.literal('ok') });
const unavailable = z.object({ status: z.literal('unavailable'), missing: z.array(z.string()).readonly() });

/** Liveness and readiness probes. */
@Public()
@Controller('/-/health')
export class HealthController {
  constructor(@Inject(Readiness) private readonly readiness: Readiness) {}

  /** Reports that the process runs. Ignores Postgres and NATS, so that their outage restarts no gateway. */
  @ApiEndpoint({
    id: 'health_live_retrieve',
    description: 'Liveness probe: succeeds while the process runs.',
    tag: 'health',
    anonymous: true,
    answers: { 200: ok },
  })
  @Get('live/')
  @HttpCode(HttpStatus.OK)
  live() {
    return { status: 'ok' };
  }

  /** Reports whether a request that is sent now can be answered. */
  @ApiEndpoint({
    id: 'health_ready_retrieve',
    description: 'Readiness probe: returns 503 while a dependency is unavailable.',
    tag: 'health',
    anonymous: true,
    answers: { 200: ok, 503: unavailable },
  })
  @Get('ready/')
  async ready(@Res({ passthrough: true }) reply: FastifyReply) {
    const missing = await this.readiness.missing();
    if (missing.length > 0) void reply.status(HttpStatus.SERVICE_UNAVAILABLE);
    return missing.length > 0 ? { status: 'unavailable', missing } : { status: 'ok' };
  }
}
