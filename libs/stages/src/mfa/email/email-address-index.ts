import { type Device, DeviceRepository } from '@gatehouse/authenticators';
import { Sealer } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import { maskAddress } from './mask-address.js';

/**
 * Finds devices by email address. A device is stored under a handle: a keyed digest of its address, so that the database
 * does not reveal it.
 */
@Injectable()
export class EmailAddressIndex {
  constructor(
    @Inject(DeviceRepository) private readonly devices: DeviceRepository,
    @Inject(Sealer) private readonly sealer: Sealer,
  ) {}

  /**
   * Returns the handle of a device with this address. It contains the id of the stage, so that two stages may register
   * the same address.
   */
  handleOf(stage: string, address: string): string {
    return handleWith(stage, this.sealer.digests('mfa.addresses', normalized(address))[0] as Buffer);
  }

  /** Returns whether a device of this stage already has the address. */
  async isRegistered(stage: string, address: string): Promise<boolean> {
    for (const digest of await this.devices.digestKeys.digests('mfa.addresses', normalized(address)))
      if (await this.devices.findByHandle('email', handleWith(stage, digest))) return true;
    return false;
  }
}

const handleWith = (stage: string, digest: Buffer) => `${stage}:${digest.toString('hex')}`;

const normalized = (address: string) => address.normalize('NFKC').toLowerCase();

/** Returns the members of a device that store its address: the address sealed, and masked for its owner. */
export const storedAddress = (address: string) => ({ secret: { address }, facts: { address: maskAddress(address) } });

/** Returns the address of a device, or `undefined` if its secret has none. */
export const addressOf = (device: Device): string | undefined => {
  const secret = device.openSecret() as { address?: unknown } | null;
  return typeof secret?.address === 'string' ? secret.address : undefined;
};
