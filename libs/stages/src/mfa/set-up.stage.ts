import type { Devices } from '@gatehouse/authenticators';
import {
  type DeviceClass,
  deny,
  pass,
  type SavedUser,
  type StageContract,
  type StageOutcome,
} from '@gatehouse/contracts';
import type { ChallengeInput, RespondInput, Stage } from '@gatehouse/stage-kit';
import { enrolled } from './device-events.js';
import { savedOwnerOf } from './owner.js';
import { owesProof, PROOF_FIRST } from './prior-proof.js';

type Given = Parameters<typeof savedOwnerOf>[0] & Parameters<typeof owesProof>[0];
type Outcome<C extends StageContract> = StageOutcome<C> | Promise<StageOutcome<C>>;

/**
 * Sets up a device. Whoever has one proves it first: a password alone neither adds nor replaces a factor
 * (docs/security.md#accident-25).
 */
export abstract class SetUpStage<C extends StageContract> implements Stage<C> {
  constructor(protected readonly devices: Devices) {}

  challenge(input: ChallengeInput<C> & Given): Promise<StageOutcome<C>> {
    return this.proved(input, (owner) => this.begin(input, owner));
  }

  respond(input: RespondInput<C> & Given): Promise<StageOutcome<C>> {
    return this.proved(input, (owner) => this.finish(input, owner));
  }

  /** Shows what is to be set up. */
  protected abstract begin(input: ChallengeInput<C>, owner: SavedUser): Outcome<C>;
  /** Judges what came back. */
  protected abstract finish(input: RespondInput<C>, owner: SavedUser): Outcome<C>;

  /** What becomes of a visitor who can have no device. */
  protected withoutOwner(_input: Given): Outcome<C> {
    return deny();
  }

  private async proved(input: Given, then: (owner: SavedUser) => Outcome<C>): Promise<StageOutcome<C>> {
    const owner = savedOwnerOf(input);
    if (!owner) return this.withoutOwner(input);
    return owesProof(input, owner, await this.devices.of(owner.uuid)) ? pass({ insert: PROOF_FIRST }) : then(owner);
  }
}

/** What follows when a device is kept: an event, and that it was proved by being set up. */
export const kept = (
  { context: { enrolled_devices: before = [] } }: { readonly context: Given['context'] },
  device: { readonly kind: DeviceClass; readonly name: string; readonly pk: number },
) => ({ context: { enrolled_devices: [...before, device.pk] }, effects: [enrolled(device)] });
