import { createHash } from 'node:crypto';
import { type Device, DeviceRepository } from '@gatehouse/authenticators';
import { Sealer } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';

/** What numbers are known by: nothing that can be tried without the keys, for there are few numbers. */
@Injectable()
export class PhoneNumberIndex {
  constructor(
    @Inject(DeviceRepository) private readonly devices: DeviceRepository,
    @Inject(Sealer) private readonly sealer: Sealer,
  ) {}

  /** What a device of this number is known by among those of a stage. */
  handleOf(stage: string, number: string): string {
    return this.handles(stage, number)[0] as string;
  }

  /** The same of a number that came here as a digest, and that nobody knows (docs/spec/mfa.md#sms-numbers). */
  handleOfDigest(stage: string, sha256: string): string {
    return `${stage}:sha256:${sha256}`;
  }

  /** Whether somebody has a device of this number, set up by this stage. */
  async isTaken(stage: string, number: string): Promise<boolean> {
    const digested = this.handleOfDigest(stage, createHash('sha256').update(number).digest('hex'));
    for (const handle of [...this.handles(stage, number), digested])
      if (await this.devices.findByHandle('sms', handle)) return true;
    return false;
  }

  private handles(stage: string, number: string): string[] {
    return this.sealer.digests('mfa.numbers', number).map((digest) => `${stage}:${digest.toString('hex')}`);
  }
}

/** The number of a device; undefined where only what it is known by is kept. */
export const phoneNumberOf = (device: Device): string | undefined => {
  const secret = device.openSecret() as { number?: unknown } | null;
  return typeof secret?.number === 'string' ? secret.number : undefined;
};
