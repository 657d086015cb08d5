import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { ClientResolver } from '../http/client.resolver.js';
import { networkLimit } from '../http/rate-limits/network-rate-limiter.js';

const PERIOD_S = 3600;

/** Limits the device codes that a network gets in an hour (docs/spec/device-codes.md#endpoints). */
@Injectable()
export class DeviceCodeRateLimiter {
  /** Counts a request for a device code. Throws `rate_limited`. */
  readonly admit: (ip: string) => void;

  constructor(@Inject(GATEWAY_CONFIG) { DEVICE_CODE_RATE: requests }: Pick<GatewayConfig, 'DEVICE_CODE_RATE'>) {
    this.admit = networkLimit('device_code', { requests, periodS: PERIOD_S });
  }
}

/** Applies the DeviceCodeRateLimiter to a route. */
@Injectable()
export class DeviceCodeRateLimitGuard implements CanActivate {
  constructor(
    @Inject(DeviceCodeRateLimiter) private readonly rateLimiter: DeviceCodeRateLimiter,
    @Inject(ClientResolver) private readonly clients: ClientResolver,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    this.rateLimiter.admit((await this.clients.resolve(request)).ip);
    return true;
  }
}
