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
import { chooseSetup, handleNoDevice, handleUnusableDevices } from './no-device-action.js';
import { factorStateOf, OfferBuilder, type OfferedDevice, withFactorState } from './offer-builder.js';
import { ProofVerifier, proofFields } from './proof-verifier.js';
import { RememberedProof } from './remembered-proof.js';

type Contract = typeof authenticatorValidateContract;

/** The credential that a remembered proof stands for: no attempts are counted for it. */
const REMEMBERED_DEVICE = 'remembered_device';
type Choice = NonNullable<Response<Contract>['selected_challenge']>;

/** Asks for a proof by a device, and judges it by the device that was chosen and by no other. */
@Injectable()
export class AuthenticatorValidateStage implements Stage<Contract> {
  constructor(
    @Inject(OfferBuilder) private readonly offers: OfferBuilder,
    @Inject(ProofVerifier) private readonly judgement: ProofVerifier,
    @Inject(RememberedProof) private readonly memory: RememberedProof,
  ) {}

  async challenge(input: ChallengeInput<Contract>): Promise<StageOutcome<Contract>> {
    const offered = await this.offers.of(input);
    if (this.isRemembered(input, offered)) return pass({ verified: [REMEMBERED_DEVICE] });
    return offered.length > 0 ? show(input, offered) : this.without(input, handleNoDevice);
  }

  async respond(input: RespondInput<Contract>): Promise<StageOutcome<Contract>> {
    const offered = await this.offers.of(input);
    if (offered.length === 0) return this.without(input, isSetUpOffered(input) ? chooseSetup : handleNoDevice);
    const shown = offered.filter(({ factor, offer }) => wasOffered(input, factor.deviceClass, offer.uid));
    const { selected_challenge: choice, selected_stage: setUp } = input.response;
    const chosen = choice && shown.find((one) => isOf(choice, one));
    if (choice && !chosen) return refuse('selected_challenge', 'authenticator_validate_choice');
    if (setUp !== undefined) return refuse('selected_stage', 'authenticator_validate_stage');
    const asked = chosen ? [chosen] : shown;
    if (proofFields(input.response).length > 0) return this.judge(input, asked);
    return chosen ? this.choose(input, chosen) : refuse('non_field_errors', 'authenticator_validate_empty');
  }

  /** Who has been shown the step is not passed by what another tab remembers since. */
  private isRemembered(input: ChallengeInput<Contract>, offered: readonly OfferedDevice[]): boolean {
    const user = savedDeviceOwner(input);
    const devices = offered.flatMap(({ offer }) => offer.devices);
    return input.state === undefined && user !== undefined && this.memory.holds(input, user, devices);
  }

  /** Whoever has a device that cannot be asked is not let past as if they had none. */
  private async without<I extends ChallengeInput<Contract>>(input: I, otherwise: (input: I) => StageOutcome<Contract>) {
    return (await this.offers.isStranded(input)) ? handleUnusableDevices() : otherwise(input);
  }

  private async judge(input: RespondInput<Contract>, asked: readonly OfferedDevice[]): Promise<StageOutcome<Contract>> {
    const judged = await this.judgement.of(input, asked);
    if (!('undecided' in judged)) return judged;
    const again = await this.again({ ...input, state: judged.undecided });
    return Object.keys(judged.errors).length === 0 ? again : { ...again, errors: judged.errors };
  }

  private async again(input: ChallengeInput<Contract>) {
    return show(input, await this.offers.of(input));
  }

  /** Choosing judges nothing and goes no further: the same is asked again. */
  private async choose(
    input: RespondInput<Contract>,
    { factor, offer }: OfferedDevice,
  ): Promise<StageOutcome<Contract>> {
    const [user, memory] = [savedDeviceOwner(input), factorStateOf(input.state?.memory, factor.deviceClass)];
    const chosen = await factor.choose({ input, user, devices: offer.devices, memory, offer });
    const state = {
      offers: input.state?.offers ?? [],
      memory: withFactorState(input.state?.memory, factor.deviceClass, chosen.memory),
    };
    const again = await this.again({ ...input, state });
    return chosen.refused ? { ...again, errors: { selected_challenge: [chosen.refused] } } : again;
  }
}

const isSetUpOffered = ({ config }: ChallengeInput<Contract>) => config.not_configured_action === 'configure';

/** Shows what is offered, and remembers what that was. */
function show({ state }: ChallengeInput<Contract>, offered: readonly OfferedDevice[]) {
  const entries = offered.map(({ factor, offer }) => ({
    device_class: factor.deviceClass,
    device_uid: offer.uid,
    challenge: offer.challenge,
  }));
  const memory = offered.reduce(
    (known, { factor, offer }) => withFactorState(known, factor.deviceClass, offer.memory),
    state?.memory ?? {},
  );
  const challenge: Challenge<Contract> = { device_challenges: entries, configuration_stages: [] };
  const offers = entries.map(({ device_class, device_uid }) => ({ device_class, device_uid }));
  return ask<Contract>(challenge, { state: { offers, memory } });
}

const refuse = (field: keyof Response<Contract> | 'non_field_errors', code: ErrorCode<Contract>) =>
  reject<Contract>({ [field]: [{ code }] });

const isOf = ({ device_class, device_uid }: Choice, { factor, offer }: OfferedDevice) =>
  factor.deviceClass === device_class && offer.uid === device_uid;

const wasOffered = ({ state }: ChallengeInput<Contract>, kind: string, uid: string) =>
  state?.offers.some(({ device_class, device_uid }) => device_class === kind && device_uid === uid) === true;
