import { type Device, DeviceRepository } from '@gatehouse/authenticators';
import type { SavedUser } from '@gatehouse/contracts';
import { UserLookup } from '@gatehouse/directory';
import { Inject, Injectable } from '@nestjs/common';
import type { VerifiedAssertion } from './assertion.js';
import { type Passkey, passkeyOf } from './passkey.js';

/** Finds WebAuthn credentials and their owners, and records uses. */
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

  /** Returns the owner of a device, or `undefined` if the owner is inactive or deleted. */
  async ownerOf({ user }: Device): Promise<SavedUser | undefined> {
    const owner = await this.users.get(user);
    return owner?.is_active ? owner : undefined;
  }

  /**
   * Records a use, and whether the passkey is synchronised. Returns `false` if the signature counter did not increase.
   * A counter that stays at zero is accepted, because some authenticators have no counter.
   */
  recordUse({ device }: Passkey, { signCount, backupEligible, backedUp }: VerifiedAssertion): Promise<boolean> {
    const facts = { backup_eligible: backupEligible, backed_up: backedUp };
    return this.devices.recordUse(device, { to: signCount, allowEqual: signCount === 0, facts });
  }
}
