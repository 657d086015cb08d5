import { createHash } from 'node:crypto';
import { type Device, DeviceRepository } from '@gatehouse/authenticators';
import { Sealer } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';

/**
 * Finds devices by phone number. A device is stored under a handle: a keyed digest of its number, because an unkeyed
 * digest of a phone number can be brute-forced.
 */
@Injectable()
export class PhoneNumberIndex {
  constructor(
    @Inject(DeviceRepository) private readonly devices: DeviceRepository,
    @Inject(Sealer) private readonly sealer: Sealer,
  ) {}

  /**
   * Returns the handle of a device with this number. It contains the id of the stage, so that two stages may register
   * the same number.
   */
  handleOf(stage: string, number: string): string {
    return handleWith(stage, this.sealer.digests('mfa.numbers', number)[0] as Buffer);
  }

  /** Returns the handle of an imported number that was exported as a SHA-256 digest (docs/spec/mfa.md#sms-numbers). */
  handleOfDigest(stage: string, sha256: string): string {
    return `${stage}:sha256:${sha256}`;
  }

  /** Returns whether a device of this stage already has the number. */
  async isRegistered(stage: string, number: string): Promise<boolean> {
    const importedHandle = this.handleOfDigest(stage, createHash('sha256').update(number).digest('hex'));
    const digests = await this.devices.digestKeys.digests('mfa.numbers', number);
    for (const handle of [...digests.map((digest) => handleWith(stage, digest)), importedHandle])
      if (await this.devices.findByHandle('sms', handle)) return true;
    return false;
  }
}

const handleWith = (stage: string, digest: Buffer) => `${stage}:${digest.toString('hex')}`;

/** Returns the number of a device, or `undefined` if only its digest is stored. */
export const phoneNumberOf = (device: Device): string | undefined => {
  const secret = device.openSecret() as { number?: unknown } | null;
  return typeof secret?.number === 'string' ? secret.number : undefined;
};
