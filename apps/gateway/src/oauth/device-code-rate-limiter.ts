import { Problem } from '@gatehouse/contracts';
import type { GatewayConfig } from '../gateway.config.js';
import { NetworkRateLimiter } from '../http/rate-limits/network-rate-limiter.js';

const PERIOD_S = 3600;
/** Networks that are remembered at a time. */
const MAX_NETWORKS = 100_000;

/** Bounds how often one network may have codes for devices (docs/spec/device-codes.md#endpoints). */
export class DeviceCodeRateLimiter {
  private readonly rates: NetworkRateLimiter | undefined;

  constructor({ DEVICE_CODE_RATE: requests }: Pick<GatewayConfig, 'DEVICE_CODE_RATE'>) {
    this.rates =
      requests === 0 ? undefined : new NetworkRateLimiter({ requests, periodS: PERIOD_S, networks: MAX_NETWORKS });
  }

  /** Throws rate_limited. */
  admit(ip: string): void {
    const counted = this.rates?.count(ip);
    if (counted?.admitted === false) throw new Problem('rate_limited', { retry_after_s: counted.nextInS });
  }
}
