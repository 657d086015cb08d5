import { type Device, DeviceRepository } from '@gatehouse/authenticators';
import { Inject, Injectable } from '@nestjs/common';
import { CodeFactor, isShortNumber, normalizeDigits } from '../code.factor.js';
import type { FactorAnswer } from '../factor.js';
import { matchTimeStep, totpKey } from './totp-key.js';

/**
 * Factor of time-based codes. It accepts a code once, and afterwards no older code
 * (docs/spec/mfa.md#totp-verification).
 */
@Injectable()
export class TotpFactor extends CodeFactor<'totp'> {
  readonly deviceClass = 'totp';

  constructor(@Inject(DeviceRepository) private readonly devices: DeviceRepository) {
    super();
  }

  override resembles({ answer }: FactorAnswer<'totp'>): boolean {
    return isShortNumber(answer);
  }

  protected async verifyAndConsume(device: Device, code: string): Promise<boolean> {
    const step = matchTimeStep(totpKey.parse(device.openSecret()), normalizeDigits(code), Date.now() / 1000);
    return step !== undefined && this.devices.recordUse(device, { to: step });
  }
}
