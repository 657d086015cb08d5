import { previewLinkId } from '@gatehouse/executor';
import { Inject, Injectable } from '@nestjs/common';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { subjectLimit } from '../http/rate-limits/network-rate-limiter.js';

const PERIOD_S = 60;

/** Limits the requests with one preview link, each of which runs stages and policies. */
@Injectable()
export class PreviewRateLimiter {
  private readonly count: (linkId: string) => void;

  constructor(@Inject(GATEWAY_CONFIG) { PREVIEW_RATE: requests }: Pick<GatewayConfig, 'PREVIEW_RATE'>) {
    this.count = subjectLimit('preview', { requests, periodS: PERIOD_S });
  }

  /** Counts a request with the token of a valid link. Throws `rate_limited`. */
  admit(token: string): void {
    this.count(previewLinkId(token));
  }
}
