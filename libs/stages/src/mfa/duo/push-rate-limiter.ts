import type { Device } from '@gatehouse/authenticators';
import { Sealer } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import { MessageQuotaRepository } from '../message-quota.repository.js';
import { DuoSettings } from './duo.module.js';

const S = 1000;

/**
 * Limits the pushes to a phone over all logins, so that an attacker who knows the password cannot send pushes until the
 * user accepts one (push fatigue).
 */
@Injectable()
export class PushRateLimiter {
  constructor(
    @Inject(MessageQuotaRepository) private readonly quota: MessageQuotaRepository,
    @Inject(Sealer) private readonly sealer: Sealer,
    @Inject(DuoSettings) private readonly settings: DuoSettings,
  ) {}

  /** Milliseconds between two pushes to a phone. */
  get cooldownMs(): number {
    return this.settings.cooldownMs;
  }

  /** Counts one push to a device. Returns `false` when a limit is reached; the caller must then send no push. */
  consume({ id }: Device): Promise<boolean> {
    const { cooldownMs, maxPerHour } = this.settings;
    const subject = this.sealer.digests('mfa.sends', `duo:${id}`)[0] as Buffer;
    return this.quota.consume([{ subject, maxPerHour, minIntervalS: Math.max(0, Math.ceil(cooldownMs / S)) }]);
  }
}
