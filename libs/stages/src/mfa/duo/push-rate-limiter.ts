import type { Device } from '@gatehouse/authenticators';
import { Sealer } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import { MessageQuotaRepository } from '../message-quota.repository.js';
import { DuoSettings } from './duo.module.js';

const S = 1000;

/**
 * Limits the pushes to a phone, counting all logins, so that an attacker who knows the password cannot send pushes
 * until the user accepts one (push fatigue).
 */
@Injectable()
export class PushRateLimiter {
  constructor(
    @Inject(MessageQuotaRepository) private readonly quota: MessageQuotaRepository,
    @Inject(Sealer) private readonly sealer: Sealer,
    @Inject(DuoSettings) private readonly settings: DuoSettings,
  ) {}

  /** Counts one push to a device. Returns `false` when a limit is reached; the caller must then send no push. */
  consume(device: Device): Promise<boolean> {
    const { cooldownMs, maxPerHour } = this.settings;
    const minIntervalS = Math.max(0, Math.ceil(cooldownMs / S));
    return this.quota.consume([{ subject: this.subjectOf(device), maxPerHour, minIntervalS }]);
  }

  /** Restarts the cooldown of a device, because its user has denied a push. */
  restartCooldown(device: Device): Promise<void> {
    return this.quota.restartInterval(this.subjectOf(device));
  }

  private subjectOf = ({ id }: Device): Buffer => this.sealer.digests('mfa.sends', `duo:${id}`)[0] as Buffer;
}
