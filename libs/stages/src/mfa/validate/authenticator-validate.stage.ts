import {
  ask,
  type Challenge,
  type ErrorCode,
  pass,
  type Response,
  reject,
  type StageOutcome,
} from '@gatehouse/contracts';
import type { ChallengeInput, RespondInput, Stage } from '@gatehouse/stage-kit';
import { Inject, Injectable } from '@nestjs/common';
import { savedDeviceOwner } from '../device-owner.js';
import type { authenticatorValidateContract } from './authenticator-validate.contract.js';
import { detailsOf } from './device-details.js';
import { chooseSetup, denyWithoutSetupStage, handleNoDevice } from './no-device-action.js';
import { factorStateOf, OfferBuilder, type OfferedDevice, withFactorState } from './offer-builder.js';
import { ProofVerifier, proofFields } from './proof-verifier.js';
import { RememberedProof } from './remembered-proof.js';

type Contract = typeof authenticatorValidateContract;

/**
 * Name of the credential of a remembered proof. No attempt rule counts it, because nobody can guess a sealed cookie.
 */
const REMEMBERED_DEVICE = 'remembered_device';
type Choice = NonNullable<Response<Contract>['selected_challenge']>;

/**
 * Asks for a proof by a device. If the visitor has chosen an entry of the challenge, verifies the proof against this
 * entry, otherwise against all shown entries.
 */
@Injectable()
export class AuthenticatorValidateStage implements Stage<Contract> {
  constructor(
    @Inject(OfferBuilder) private readonly offerBuilder: OfferBuilder,
    @Inject(ProofVerifier) private readonly proofVerifier: ProofVerifier,
    @Inject(RememberedProof) private readonly rememberedProof: RememberedProof,
  ) {}

  async challenge(input: ChallengeInput<Contract>): Promise<StageOutcome<Contract>> {
    const offered = await this.offerBuilder.build(input);
    if (this.isRemembered(input, offered)) return pass({ verified: [REMEMBERED_DEVICE] });
    return offered.length > 0 ? show(input, offered) : this.handleNoOffer(input, handleNoDevice);
  }

  async respond(input: RespondInput<Contract>): Promise<StageOutcome<Contract>> {
    const offered = await this.offerBuilder.build(input);
    if (offered.length === 0) return this.handleNoOffer(input, offersSetup(input) ? chooseSetup : handleNoDevice);
    const shown = offered.filter(({ factor, offer }) => wasShown(input, factor.deviceClass, offer.uid));
    const { selected_challenge: choice, selected_stage: setupStage } = input.response;
    const chosen = choice && shown.find((entry) => matchesOffer(choice, entry));
    if (choice && !chosen) return refuse('selected_challenge', 'authenticator_validate_choice');
    if (setupStage !== undefined) return refuse('selected_stage', 'authenticator_validate_stage');
    if (proofFields(input.response).length > 0) return this.verify(input, chosen ? [chosen] : shown);
    return chosen ? this.choose(input, chosen) : refuse('non_field_errors', 'authenticator_validate_empty');
  }

  /**
   * Returns whether the cookie proves possession of a device. Ignores a cookie that another tab may have set after the
   * challenge was shown.
   */
  private isRemembered(input: ChallengeInput<Contract>, offered: readonly OfferedDevice[]): boolean {
    const user = savedDeviceOwner(input);
    const devices = offered.flatMap(({ offer }) => offer.devices);
    return input.state === undefined && user !== undefined && this.rememberedProof.isValid(input, user, devices);
  }

  /**
   * Handles a user for whom no device is offered. Denies the user if one of the devices cannot be used because its
   * setup stage is missing or unreadable. Otherwise returns the outcome of `withoutDevice`.
   */
  private async handleNoOffer<I extends ChallengeInput<Contract>>(
    input: I,
    withoutDevice: (input: I) => StageOutcome<Contract>,
  ) {
    return (await this.offerBuilder.hasDeviceThatNeedsStage(input)) ? denyWithoutSetupStage() : withoutDevice(input);
  }

  private async verify(
    input: RespondInput<Contract>,
    entries: readonly OfferedDevice[],
  ): Promise<StageOutcome<Contract>> {
    const result = await this.proofVerifier.verify(input, entries);
    if (!('pending' in result)) return result;
    const challenge = await this.showAgain({ ...input, state: result.pending });
    return Object.keys(result.errors).length === 0 ? challenge : { ...challenge, errors: result.errors };
  }

  private async showAgain(input: ChallengeInput<Contract>) {
    return show(input, await this.offerBuilder.build(input));
  }

  /** Lets the factor handle the choice, then shows the challenge again. A choice does not count as an attempt. */
  private async choose(
    input: RespondInput<Contract>,
    { factor, offer }: OfferedDevice,
  ): Promise<StageOutcome<Contract>> {
    const [user, memory] = [savedDeviceOwner(input), factorStateOf(input.state?.memory, factor.deviceClass)];
    const choice = await factor.choose({ input, user, devices: offer.devices, memory, offer });
    const state = {
      offers: input.state?.offers ?? [],
      memory: withFactorState(input.state?.memory, factor.deviceClass, choice.memory),
    };
    const { effects } = choice;
    const challenge = { ...(await this.showAgain({ ...input, state })), ...(effects && { effects: [...effects] }) };
    return choice.refused ? { ...challenge, errors: { selected_challenge: [choice.refused] } } : challenge;
  }
}

const offersSetup = ({ config }: ChallengeInput<Contract>) => config.not_configured_action === 'configure';

/** Returns the challenge. Keeps its entries in the state, because a response is verified only against shown entries. */
function show(input: ChallengeInput<Contract>, offered: readonly OfferedDevice[]) {
  const { state } = input;
  const entries = offered.map(({ factor, offer }) => ({
    device_class: factor.deviceClass,
    device_uid: offer.uid,
    challenge: offer.challenge,
    ...detailsOf(input, offer.devices),
  }));
  const memory = offered.reduce(
    (states, { factor, offer }) => withFactorState(states, factor.deviceClass, offer.memory),
    state?.memory ?? {},
  );
  const challenge: Challenge<Contract> = { device_challenges: entries, configuration_stages: [] };
  const offers = entries.map(({ device_class, device_uid }) => ({ device_class, device_uid }));
  return ask<Contract>(challenge, { state: { offers, memory } });
}

const refuse = (field: keyof Response<Contract> | 'non_field_errors', code: ErrorCode<Contract>) =>
  reject<Contract>({ [field]: [{ code }] });

const matchesOffer = ({ device_class, device_uid }: Choice, { factor, offer }: OfferedDevice) =>
  factor.deviceClass === device_class && offer.uid === device_uid;

const wasShown = ({ state }: ChallengeInput<Contract>, deviceClass: string, uid: string) =>
  state?.offers.some(({ device_class, device_uid }) => device_class === deviceClass && device_uid === uid) === true;
