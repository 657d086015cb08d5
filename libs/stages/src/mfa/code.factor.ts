import type { Device } from '@gatehouse/authenticators';
import type { DeviceClass } from '@gatehouse/contracts';
import { type DeviceOffer, Factor, type FactorAnswer, type FactorContext, type ProofVerdict } from './factor.js';

/** A kind whose devices show or hold codes: the entry stands for all of them, and a code is tried on each. */
export abstract class CodeFactor<K extends DeviceClass> extends Factor<K> {
  readonly field = 'code';

  offer({ devices }: FactorContext<K>): DeviceOffer<K> | undefined {
    const [first] = devices;
    return first && { uid: String(first.pk), challenge: {}, devices };
  }

  async verify({ offer, answer }: FactorAnswer<K>): Promise<ProofVerdict<K>> {
    for (const device of offer.devices) {
      if (await this.proves(device, String(answer))) return { type: 'right', device };
    }
    return { type: 'wrong', message: { code: 'authenticator_validate_code' }, guessed: true };
  }

  /** Whether a code is the device's, and was not used before; it is from then on. */
  protected abstract proves(device: Device, code: string): Promise<boolean>;
}
