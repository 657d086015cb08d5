import { type Device, DeviceRepository } from '@gatehouse/authenticators';
import { Inject, Injectable } from '@nestjs/common';
import { CodeFactor } from '../code.factor.js';

/** Recovery codes: each counts once, by every letter (docs/spec/mfa.md#static). */
@Injectable()
export class StaticFactor extends CodeFactor<'static'> {
  readonly deviceClass = 'static';

  constructor(@Inject(DeviceRepository) private readonly devices: DeviceRepository) {
    super();
  }

  protected proves(device: Device, code: string): Promise<boolean> {
    return this.devices.consumeCode(device, code);
  }
}
