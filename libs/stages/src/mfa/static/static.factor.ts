import { type Device, DeviceRepository } from '@gatehouse/authenticators';
import { Inject, Injectable } from '@nestjs/common';
import { CodeFactor, isShortNumber } from '../code.factor.js';
import type { FactorAnswer } from '../factor.js';

/** Factor of recovery codes. A code is case sensitive and works once (docs/spec/mfa.md#static). */
@Injectable()
export class StaticFactor extends CodeFactor<'static'> {
  readonly deviceClass = 'static';

  constructor(@Inject(DeviceRepository) private readonly devices: DeviceRepository) {
    super();
  }

  override resembles({ answer }: FactorAnswer<'static'>): boolean {
    return !isShortNumber(answer);
  }

  protected verifyAndConsume(device: Device, code: string): Promise<boolean> {
    return this.devices.consumeCode(device, code);
  }
}
