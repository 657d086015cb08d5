import type { DeviceRepository } from '@gatehouse/authenticators';
import {
  type DeviceClass,
  deny,
  pass,
  type SavedUser,
  type StageContract,
  type StageOutcome,
} from '@gatehouse/contracts';
import type { ChallengeInput, RespondInput, Stage } from '@gatehouse/stage-kit';
import { deviceCreatedEvent } from './device-events.js';
import { savedDeviceOwner } from './device-owner.js';
import { needsProof, REQUIRE_PROOF_STEP } from './required-proof.js';

type SetupInput = Parameters<typeof savedDeviceOwner>[0] & Parameters<typeof needsProof>[0];
type Outcome<C extends StageContract> = StageOutcome<C> | Promise<StageOutcome<C>>;

/**
 * Sets up a device. Whoever has one proves it first: a password alone neither adds nor replaces a factor
 * (docs/security.md#accident-25).
 */
export abstract class DeviceSetupStage<C extends StageContract> implements Stage<C> {
  constructor(protected readonly devices: DeviceRepository) {}

  challenge(input: ChallengeInput<C> & SetupInput): Promise<StageOutcome<C>> {
    return this.proved(input, (owner) => this.begin(input, owner));
  }

  respond(input: RespondInput<C> & SetupInput): Promise<StageOutcome<C>> {
    return this.proved(input, (owner) => this.finish(input, owner));
  }

  /** Shows what is to be set up. */
  protected abstract begin(input: ChallengeInput<C>, owner: SavedUser): Outcome<C>;
  /** Judges what came back. */
  protected abstract finish(input: RespondInput<C>, owner: SavedUser): Outcome<C>;

  /** What becomes of a visitor who can have no device. */
  protected withoutOwner(_input: SetupInput): Outcome<C> {
    return deny();
  }

  private async proved(input: SetupInput, then: (owner: SavedUser) => Outcome<C>): Promise<StageOutcome<C>> {
    const owner = savedDeviceOwner(input);
    if (!owner) return this.withoutOwner(input);
    return needsProof(input, owner, await this.devices.findByUser(owner.uuid))
      ? pass({ insert: REQUIRE_PROOF_STEP })
      : then(owner);
  }
}

/** What follows when a device is kept: an event, and that it was proved by being set up. */
export const deviceAdded = (
  { context: { enrolled_devices: before = [] } }: { readonly context: SetupInput['context'] },
  device: { readonly kind: DeviceClass; readonly name: string; readonly pk: number },
) => ({ context: { enrolled_devices: [...before, device.pk] }, effects: [deviceCreatedEvent(device)] });
