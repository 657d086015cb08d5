import { type Device, DeviceRepository } from '@gatehouse/authenticators';
import type { DeviceClass, SavedUser, State } from '@gatehouse/contracts';
import type { ChallengeInput } from '@gatehouse/stage-kit';
import { Inject, Injectable } from '@nestjs/common';
import { savedDeviceOwner } from '../device-owner.js';
import type { DeviceOffer, Factor, FactorState } from '../factor.js';
import { isUsableForProof } from '../required-proof.js';
import { authenticatorValidateContract } from './authenticator-validate.contract.js';

type Contract = typeof authenticatorValidateContract;

/** All kinds, as Nest gives them. */
export const FACTORS = Symbol('factors');

/** One entry of a challenge, with the kind that it is of. */
export interface OfferedDevice {
  readonly factor: Factor;
  readonly offer: DeviceOffer<DeviceClass>;
}

type Memories = State<Contract>['memory'];

const COMPANIONS: readonly string[] = authenticatorValidateContract.companions;

/** What a kind remembers. */
export const factorStateOf = (memory: Memories | undefined, kind: DeviceClass) =>
  (memory as Readonly<Record<string, unknown>> | undefined)?.[kind] as FactorState<DeviceClass> | undefined;

/** What all kinds remember, once one remembers something else. */
export const withFactorState = (memory: Memories | undefined, kind: DeviceClass, own: unknown): Memories => ({
  ...memory,
  ...(own === undefined ? {} : ({ [kind]: own } as Memories)),
});

/** Finds out what somebody can be asked for. */
@Injectable()
export class OfferBuilder {
  constructor(
    @Inject(DeviceRepository) private readonly devices: DeviceRepository,
    @Inject(FACTORS) private readonly factors: readonly Factor[],
  ) {}

  /** An entry for each allowed kind that the owner has devices of; without an owner, for those that can tell who theirs is. */
  async of(input: ChallengeInput<Contract>): Promise<OfferedDevice[]> {
    const user = savedDeviceOwner(input);
    const all = user ? await this.devices.findByUser(user.uuid) : [];
    const offered: OfferedDevice[] = [];
    for (const factor of this.factors) {
      const devices = all.filter(({ kind }) => kind === factor.deviceClass);
      const offer = await this.offer(factor, { input, user, devices });
      if (offer) offered.push({ factor, offer });
    }
    return offered;
  }

  /** Whether somebody has a device of an allowed kind that only its stage could ask, and that stage is gone. */
  async isStranded(input: ChallengeInput<Contract>): Promise<boolean> {
    const user = savedDeviceOwner(input);
    const all = user ? await this.devices.findByUser(user.uuid) : [];
    return all.some(
      (device) =>
        input.config.device_classes.includes(device.kind) &&
        COMPANIONS.includes(`authenticator_${device.kind}`) &&
        isUsableForProof(device) &&
        input.companions[device.stage ?? ''] === undefined,
    );
  }

  private async offer(
    factor: Factor,
    given: { input: ChallengeInput<Contract>; user: SavedUser | undefined; devices: Device[] },
  ) {
    const { config, state, flow, context, session } = given.input;
    if (!config.device_classes.includes(factor.deviceClass)) return undefined;
    const isStranger = !context.pending_user && !session.user && flow.designation === 'authentication';
    if (given.devices.length === 0 && !(isStranger && factor.knowsItsOwner)) return undefined;
    return factor.offer({ ...given, memory: factorStateOf(state?.memory, factor.deviceClass) });
  }
}
