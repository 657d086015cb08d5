import { type Device, DeviceRepository } from '@gatehouse/authenticators';
import { Inject, Injectable } from '@nestjs/common';
import { CodeFactor } from '../code.factor.js';
import { normalizeDigits } from '../normalize-digits.js';
import { stepOf, totpKey } from './totp-key.js';

/** Codes by the clock: each counts once, and so does no older one (docs/spec/mfa.md#totp-verification). */
@Injectable()
export class TotpFactor extends CodeFactor<'totp'> {
  readonly deviceClass = 'totp';

  constructor(@Inject(DeviceRepository) private readonly devices: DeviceRepository) {
    super();
  }

  protected async proves(device: Device, code: string): Promise<boolean> {
    const step = stepOf(totpKey.parse(device.openSecret()), normalizeDigits(code), Date.now() / 1000);
    return step !== undefined && this.devices.recordUse(device, { to: step });
  }
}
