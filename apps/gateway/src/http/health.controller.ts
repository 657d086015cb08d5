import { Controller, Get, HttpCode, HttpStatus, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';

/** What the gateway needs to answer a login. */
export abstract class Dependencies {
  /** Names of those that cannot be reached just now. */
  abstract missing(): Promise<readonly string[]>;
}

/** For whatever restarts or routes to this process. */
@Controller('/-/health')
export class HealthController {
  constructor(@Inject(Dependencies) private readonly dependencies: Dependencies) {}

  /** The process runs. Says nothing of what it depends on, so that an outage elsewhere restarts nobody. */
  @Get('live/')
  @HttpCode(HttpStatus.OK)
  live() {
    return { status: 'ok' };
  }

  /** A request sent here now can be answered. */
  @Get('ready/')
  async ready(@Res({ passthrough: true }) reply: FastifyReply) {
    const missing = await this.dependencies.missing();
    if (missing.length > 0) void reply.status(HttpStatus.SERVICE_UNAVAILABLE);
    return missing.length > 0 ? { status: 'unavailable', missing } : { status: 'ok' };
  }
}
