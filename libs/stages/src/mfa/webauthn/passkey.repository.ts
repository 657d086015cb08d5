import { type Device, DeviceRepository } from '@gatehouse/authenticators';
import type { SavedUser } from '@gatehouse/contracts';
import { UserLookup } from '@gatehouse/directory';
import { Inject, Injectable } from '@nestjs/common';
import { type Passkey, passkeyOf } from './passkey.js';

/** The credentials of the house, and whose they are. */
@Injectable()
export class PasskeyRepository {
  constructor(
    @Inject(DeviceRepository) private readonly devices: DeviceRepository,
    @Inject(UserLookup) private readonly users: UserLookup,
  ) {}

  async find(credentialId: string): Promise<Passkey | undefined> {
    const device = await this.devices.findByHandle('webauthn', credentialId);
    return device && passkeyOf(device);
  }

  /** Whose a device is, if they may log in. */
  async ownerOf({ user }: Device): Promise<SavedUser | undefined> {
    const owner = await this.users.get(user);
    return owner?.is_active ? owner : undefined;
  }

  /** Notes a use; false when the counter has not risen since the last one. */
  use({ device }: Passkey, signCount: number): Promise<boolean> {
    return this.devices.recordUse(device, { to: signCount, allowEqual: signCount === 0 });
  }
}
