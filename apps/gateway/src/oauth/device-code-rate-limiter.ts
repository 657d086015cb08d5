import { Problem } from '@gatehouse/contracts';
import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { ClientResolver } from '../http/client.resolver.js';
import { NetworkRateLimiter } from '../http/rate-limits/network-rate-limiter.js';

const PERIOD_S = 3600;
/** Largest number of networks that are counted at the same time. */
const MAX_NETWORKS = 100_000;

/** Limits the device codes that a network gets in an hour (docs/spec/device-codes.md#endpoints). */
@Injectable()
export class DeviceCodeRateLimiter {
  private readonly limiter: NetworkRateLimiter | undefined;

  constructor(@Inject(GATEWAY_CONFIG) { DEVICE_CODE_RATE: requests }: Pick<GatewayConfig, 'DEVICE_CODE_RATE'>) {
    this.limiter =
      requests === 0 ? undefined : new NetworkRateLimiter({ requests, periodS: PERIOD_S, maxNetworks: MAX_NETWORKS });
  }

  /** Counts a request for a device code. Throws `rate_limited`. */
  admit(ip: string): void {
    const result = this.limiter?.count(ip);
    if (result?.admitted === false) throw new Problem('rate_limited', { retry_after_s: result.nextInS });
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
