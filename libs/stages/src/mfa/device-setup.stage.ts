import type { Device, DeviceRepository } from '@gatehouse/authenticators';
import {
  type AuditContext,
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

type SetupInput = Parameters<typeof savedDeviceOwner>[0] &
  Parameters<typeof needsProof>[0] & { readonly state?: unknown };
type Outcome<C extends StageContract> = StageOutcome<C> | Promise<StageOutcome<C>>;

/**
 * Base class of the stages that set up a device. A user who already has a device must first prove possession of one,
 * because a password alone must not be enough to add or replace a factor (docs/security.md#accident-25).
 */
export abstract class DeviceSetupStage<C extends StageContract> implements Stage<C> {
  constructor(protected readonly devices: DeviceRepository) {}

  challenge(input: ChallengeInput<C> & SetupInput): Promise<StageOutcome<C>> {
    return this.requireProof(input, (owner) => this.begin(input, owner));
  }

  respond(input: RespondInput<C> & SetupInput): Promise<StageOutcome<C>> {
    return this.requireProof(input, (owner) => this.finish(input, owner));
  }

  /** Returns the challenge of the setup. */
  protected abstract begin(input: ChallengeInput<C>, owner: SavedUser): Outcome<C>;
  /** Verifies the response. Adds the device when the response is valid. */
  protected abstract finish(input: RespondInput<C>, owner: SavedUser): Outcome<C>;

  /**
   * Returns the outcome for a visitor who cannot have devices: a denial. The static and TOTP stages override this
   * method and let an anonymous visitor pass.
   */
  protected handleNoOwner(_input: SetupInput): Outcome<C> {
    return deny();
  }

  private async requireProof(input: SetupInput, setUp: (owner: SavedUser) => Outcome<C>): Promise<StageOutcome<C>> {
    const owner = savedDeviceOwner(input);
    if (!owner) return this.handleNoOwner(input);
    return needsProof(input, owner, await this.otherDevices(input, owner))
      ? pass({ insert: REQUIRE_PROOF_STEP })
      : setUp(owner);
  }

  /**
   * Returns the devices of the owner without the device that this step sets up. An earlier request may have added that
   * device without saving the plan, for example when an answer is sent twice.
   */
  protected async otherDevices({ state }: { readonly state?: unknown }, { uuid }: SavedUser): Promise<Device[]> {
    const own = (state as { readonly id?: string } | undefined)?.id;
    return (await this.devices.findByUser(uuid)).filter(({ id }) => id !== own);
  }
}

/**
 * Returns the context and the effects that follow from an added device. The setup counts as a proof of the device in
 * this plan.
 */
export const deviceAddedOutcome = (
  { context: { enrolled_devices: before = [] } }: { readonly context: SetupInput['context'] },
  device: { readonly kind: DeviceClass; readonly name: string; readonly pk: number },
  details: Omit<AuditContext<'model_created'>, 'model'> = {},
) => ({ context: { enrolled_devices: [...before, device.pk] }, effects: [deviceCreatedEvent(device, details)] });
