import { type Device, DeviceTriesRepository } from '@gatehouse/authenticators';
import type { DeviceClass } from '@gatehouse/contracts';
import type { RespondInput } from '@gatehouse/stage-kit';
import { Inject, Injectable } from '@nestjs/common';
import type { ProofVerdict } from '../factor.js';
import type { authenticatorValidateContract } from './authenticator-validate.contract.js';
import type { OfferedDevice } from './offer-builder.js';

type Input = RespondInput<typeof authenticatorValidateContract>;

/** An entry of the challenge with the devices that may be tried. */
type TriedEntry = OfferedDevice;

/**
 * Blocks devices with codes for some time after wrong codes (docs/spec/mfa.md#throttling). A code for a blocked device
 * is not judged.
 */
@Injectable()
export class DeviceThrottle {
  constructor(@Inject(DeviceTriesRepository) private readonly tries: DeviceTriesRepository) {}

  /** Counts a try for the devices of an entry. Returns the entry with only the devices that are not blocked. */
  async reserve(input: Input, entry: OfferedDevice): Promise<TriedEntry> {
    const waitS = waitOf(input, entry);
    if (waitS === undefined) return entry;
    return { ...entry, offer: { ...entry.offer, devices: await this.tries.reserve(entry.offer.devices, waitS) } };
  }

  /** Releases the tries of the devices for which the code was not meant, that is, of all devices except `accepted`. */
  async release(input: Input, entries: readonly TriedEntry[], accepted?: Device): Promise<void> {
    const tried = entries.filter((entry) => waitOf(input, entry) !== undefined);
    const devices = tried.flatMap(({ offer }) => offer.devices);
    await this.tries.release(devices.filter(({ id }) => id !== accepted?.id));
  }
}

/**
 * The verdict on a code whose devices are all blocked. It looks like the verdict on a wrong code, but does not count as
 * an attempt.
 */
export const WAITING: ProofVerdict<DeviceClass> = {
  type: 'wrong',
  message: { code: 'authenticator_validate_code' },
  guessed: false,
};

/**
 * Returns the seconds for which a device of an entry is blocked after its first failure. Returns undefined for a class
 * without codes, and before the API line 2026.8.
 */
function waitOf({ config, apiVersion }: Input, { factor: { deviceClass } }: OfferedDevice): number | undefined {
  if (apiVersion === '2024.8') return undefined;
  switch (deviceClass) {
    case 'email':
      return config.email_otp_throttling_factor;
    case 'sms':
      return config.sms_otp_throttling_factor;
    case 'totp':
      return config.totp_otp_throttling_factor;
    case 'static':
      return config.static_otp_throttling_factor;
    default:
      return undefined;
  }
}
