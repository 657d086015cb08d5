import type { Device } from '@gatehouse/authenticators';
import { Sealer } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import { Sends } from '../sms/sends.js';
import { DuoSettings } from './duo.module.js';

const S = 1000;

/** How often messages may go to one phone, however many logins ask for them: whoever knows a password must not wear its owner out. */
@Injectable()
export class PushRateLimiter {
  constructor(
    @Inject(Sends) private readonly sends: Sends,
    @Inject(Sealer) private readonly sealer: Sealer,
    @Inject(DuoSettings) private readonly settings: DuoSettings,
  ) {}

  /** Milliseconds in which a phone has its rest. */
  get restMs(): number {
    return this.settings.restMs;
  }

  /** Counts one message to a device; false, and none is to be sent, when it is one too many. */
  take({ id }: Device): Promise<boolean> {
    const { restMs, mostAnHour: most } = this.settings;
    const subject = this.sealer.digests('mfa.sends', `duo:${id}`)[0] as Buffer;
    return this.sends.take([{ subject, most, apartS: Math.max(0, Math.ceil(restMs / S)) }]);
  }
}
