import type { Device } from '@gatehouse/authenticators';
import { type DeviceClass, digits } from '@gatehouse/contracts';
import { type DeviceOffer, Factor, type FactorAnswer, type FactorContext, type ProofVerdict } from './factor.js';

/**
 * A factor whose proof is a code. The challenge has one entry for all devices of the factor, and a code is tried with
 * each device.
 */
export abstract class CodeFactor<K extends DeviceClass> extends Factor<K> {
  readonly field = 'code';

  offer({ devices }: FactorContext<K>): DeviceOffer<K> | undefined {
    const [first] = devices;
    return first && { uid: String(first.pk), challenge: {}, devices };
  }

  async verify({ offer, answer }: FactorAnswer<K>): Promise<ProofVerdict<K>> {
    for (const device of offer.devices) {
      if (await this.verifyAndConsume(device, String(answer))) return { type: 'right', device };
    }
    return { type: 'wrong', message: { code: 'authenticator_validate_code' }, guessed: true };
  }

  /** Returns whether the code is valid for the device and unused. Consumes a valid code, so that it works only once. */
  protected abstract verifyAndConsume(device: Device, code: string): Promise<boolean>;
}

/** Returns whether a text looks like a code of an app or of a message, and not like a recovery code. */
export const isShortNumber = (text: unknown): boolean =>
  /^\d{1,8}$/.test(normalizeDigits(String(text)).replaceAll(/[\s-]/g, ''));

const DIGITS = digits();

/** Converts a code in digits of any script to ASCII digits (docs/spec/mfa.md#totp-verification). Keeps other texts. */
export const normalizeDigits = (text: string): string => DIGITS.safeParse(text).data ?? text;
