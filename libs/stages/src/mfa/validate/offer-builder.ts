import { type Device, DeviceRepository } from '@gatehouse/authenticators';
import type { DeviceClass, SavedUser, State } from '@gatehouse/contracts';
import type { ChallengeInput } from '@gatehouse/stage-kit';
import { Inject, Injectable } from '@nestjs/common';
import { savedDeviceOwner } from '../device-owner.js';
import type { DeviceOffer, Factor, FactorState } from '../factor.js';
import { isUsableForProof } from '../required-proof.js';
import { authenticatorValidateContract } from './authenticator-validate.contract.js';

type Contract = typeof authenticatorValidateContract;

/** Injection token of the list of all factors. */
export const FACTORS = Symbol('factors');

/** One entry of the challenge, with the factor that built it. */
export interface OfferedDevice {
  readonly factor: Factor;
  readonly offer: DeviceOffer<DeviceClass>;
}

type FactorStates = State<Contract>['memory'];

const COMPANION_KINDS: readonly string[] = authenticatorValidateContract.companions;

/** Returns the state of one factor. */
export const factorStateOf = (states: FactorStates | undefined, deviceClass: DeviceClass) =>
  (states as Readonly<Record<string, unknown>> | undefined)?.[deviceClass] as FactorState<DeviceClass> | undefined;

/**
 * Returns the states of all factors with the state of one factor replaced. If the new state is `undefined`, returns the
 * states unchanged.
 */
export const withFactorState = (
  states: FactorStates | undefined,
  deviceClass: DeviceClass,
  factorState: unknown,
): FactorStates => ({
  ...states,
  ...(factorState === undefined ? {} : ({ [deviceClass]: factorState } as FactorStates)),
});

/** Builds the entries of the challenge. */
@Injectable()
export class OfferBuilder {
  constructor(
    @Inject(DeviceRepository) private readonly devices: DeviceRepository,
    @Inject(FACTORS) private readonly factors: readonly Factor[],
  ) {}

  /**
   * Returns an entry for each allowed class of which the user has usable devices. If an anonymous visitor logs in or
   * another stage embeds this one, returns the entries of the factors whose proof identifies the user, for every list
   * of allowed classes.
   */
  async build(input: ChallengeInput<Contract>): Promise<OfferedDevice[]> {
    const user = savedDeviceOwner(input);
    const userDevices = user ? await this.devices.findByUser(user.uuid) : [];
    const offered: OfferedDevice[] = [];
    for (const factor of this.factors) {
      const devices = userDevices.filter(({ kind }) => kind === factor.deviceClass);
      const offer = await this.buildOffer(factor, { input, user, devices });
      if (offer) offered.push({ factor, offer });
    }
    return offered;
  }

  /**
   * Returns whether the user has a device of an allowed class that only its setup stage can use. If no device is
   * offered, that stage was deleted or its settings cannot be read.
   */
  async hasDeviceThatNeedsStage(input: ChallengeInput<Contract>): Promise<boolean> {
    const user = savedDeviceOwner(input);
    const userDevices = user ? await this.devices.findByUser(user.uuid) : [];
    return userDevices.some(
      (device) =>
        input.config.device_classes.includes(device.kind) &&
        COMPANION_KINDS.includes(`authenticator_${device.kind}`) &&
        isUsableForProof(device),
    );
  }

  private async buildOffer(
    factor: Factor,
    context: { input: ChallengeInput<Contract>; user: SavedUser | undefined; devices: Device[] },
  ) {
    const { config, state, flow, context: facts, session, step } = context.input;
    const memory = factorStateOf(state?.memory, factor.deviceClass);
    if (step.embedded) return factor.identifiesUser ? factor.offer({ ...context, memory }) : undefined;
    if (!config.device_classes.includes(factor.deviceClass)) return undefined;
    const isAnonymousLogin = !facts.pending_user && !session.user && flow.designation === 'authentication';
    if (context.devices.length === 0 && !(isAnonymousLogin && factor.identifiesUser)) return undefined;
    const uid = shownUid(context.input, factor.deviceClass);
    const isShown = (device: Device) => String(device.pk) === uid;
    const [first, others] = [context.devices.filter(isShown), context.devices.filter((device) => !isShown(device))];
    const offer = await factor.offer({ ...context, devices: [...first, ...others], memory });
    return uid !== undefined && offer?.devices.some(isShown) ? { ...offer, uid } : offer;
  }
}

/**
 * Returns the uid that the entry of a class had in the challenge that was shown last. An entry has the uid of one of
 * its devices. The uid must stay the same after a wrong answer or a reload, because a code may have been sent to that
 * device. Without the stored uid, the entry could get another uid, for example if another login uses another device or
 * the owner renames one.
 */
const shownUid = ({ state }: ChallengeInput<Contract>, deviceClass: DeviceClass): string | undefined =>
  state?.offers.find(({ device_class }) => device_class === deviceClass)?.device_uid;
