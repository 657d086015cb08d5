import { randomUUID } from 'node:crypto';
import {
  authenticatorNameOf,
  DeviceRepository,
  MAX_DEVICE_NAME_LENGTH,
  passkeyUserHandle,
} from '@gatehouse/authenticators';
import { ask, deny, pass, reject, type SavedUser, type StageMessage, type StageOutcome } from '@gatehouse/contracts';
import type { ChallengeInput, RespondInput } from '@gatehouse/stage-kit';
import { Inject, Injectable } from '@nestjs/common';
import { DEFAULT_NAMES } from '../default-names.js';
import { savedDeviceOwner } from '../device-owner.js';
import { DeviceSetupStage, deviceAddedOutcome } from '../device-setup.stage.js';
import { isModelAllowed } from './allowed-models.js';
import { AuthenticatorModels } from './attestation.js';
import type { authenticatorWebauthnContract } from './authenticator-webauthn.contract.js';
import { attachmentOf, type CreationRules, creationOptions } from './creation-options.js';
import { isValidNonce, newNonce } from './nonce.js';
import { passkeyFacts } from './passkey.js';
import { type NewCredential, verifyRegistration } from './registration.js';
import { relyingPartyOf } from './relying-party.js';
import { mayCreateSilently } from './silent-creation.js';
import { WebauthnSettings } from './webauthn.config.js';

type Contract = typeof authenticatorWebauthnContract;
type Input = ChallengeInput<Contract>;

const NAME = DEFAULT_NAMES.webauthn;

/** Registers a credential that the browser creates. */
@Injectable()
export class AuthenticatorWebauthnStage extends DeviceSetupStage<Contract> {
  constructor(
    @Inject(DeviceRepository) devices: DeviceRepository,
    @Inject(AuthenticatorModels) private readonly models: AuthenticatorModels,
    @Inject(WebauthnSettings) private readonly settings: WebauthnSettings,
  ) {
    super(devices);
  }

  /** A conditional step passes silently where an ordinary step would ask for a proof or deny the visitor. */
  override async challenge(input: Input): Promise<StageOutcome<Contract>> {
    return (await this.passesSilently(input)) ? pass<Contract>() : super.challenge(input);
  }

  override async respond(input: RespondInput<Contract>): Promise<StageOutcome<Contract>> {
    const isSkipped = input.config.conditional && Object.keys(input.response.response).length === 0;
    if (isSkipped || (await this.passesSilently(input))) return pass<Contract>();
    const outcome = await super.respond(input);
    // With max_attempts, an ordinary step denies the visitor after too many invalid answers. A conditional step passes.
    return input.config.conditional && outcome.type === 'denied' ? pass<Contract>() : outcome;
  }

  private async passesSilently(input: Input): Promise<boolean> {
    if (!input.config.conditional) return false;
    const owner = savedDeviceOwner(input);
    return !mayCreateSilently(input, owner, owner ? await this.devices.findByUser(owner.uuid) : []);
  }

  /** Creates a new nonce for each rendering of the challenge. It replaces the previous nonce. */
  protected async begin(input: Input, owner: SavedUser): Promise<StageOutcome<Contract>> {
    const attempts = input.state?.attempts ?? 0;
    const state = { id: randomUUID(), ...newNonce(this.settings.challengeS), attempts };
    const existing = (await this.devices.findByUser(owner.uuid)).filter(({ kind }) => kind === 'webauthn');
    const registration = creationOptions({
      party: relyingPartyOf(input.site),
      owner: { handle: passkeyUserHandle(owner.uuid), username: owner.username, name: owner.name },
      challenge: state.challenge,
      rules: rulesOf(input),
      existing: existing.flatMap(({ handle }) => handle ?? []),
    });
    const mediation = input.config.conditional ? ({ mediation: 'conditional' } as const) : {};
    return ask<Contract>({ registration, ...mediation }, { state });
  }

  protected async finish(input: RespondInput<Contract>, owner: SavedUser): Promise<StageOutcome<Contract>> {
    const { state, response, site } = input;
    if (!isValidNonce(state))
      return refuse(input, { code: 'authenticator_webauthn_failed', params: { reason: CHALLENGE_EXPIRED } });
    const { challenge, id } = state;
    const requirements = { party: relyingPartyOf(site), challenge, rules: rulesOf(input), models: this.models };
    const result = await verifyRegistration(response.response, requirements);
    if ('refused' in result)
      return refuse(input, { code: 'authenticator_webauthn_failed', params: { reason: result.refused } });
    const { credential } = result;
    if (!this.acceptsModel(input, credential))
      return refuse(input, { code: 'authenticator_webauthn_model', params: { brand: site.brand } });
    return this.addDevice(input, { id, owner, credential });
  }

  /**
   * Returns whether the stage allows the model. If the stage restricts the models, an attestation must prove the model
   * if the model supports attestation.
   */
  private acceptsModel({ config }: Input, { aaguid, proven }: NewCredential): boolean {
    const { device_type_restrictions: allowed } = config;
    const isKnown = (model: string) => this.models.nameFor(model) !== undefined;
    if (!isModelAllowed(aaguid, allowed, isKnown)) return false;
    return allowed.length === 0 || proven || this.models.rootsFor(aaguid) === undefined;
  }

  private async addDevice(input: Input, registration: { id: string; owner: SavedUser; credential: NewCredential }) {
    const { id, owner, credential } = registration;
    const { device_type_restrictions: models } = input.config;
    const { credentialId: handle, signCount: counter, aaguid } = credential;
    const modelName =
      models.find((model) => model.aaguid === aaguid)?.description ||
      this.models.nameFor(aaguid) ||
      authenticatorNameOf(aaguid);
    const device = {
      id,
      user: owner.uuid,
      kind: 'webauthn',
      name: (modelName || NAME).slice(0, MAX_DEVICE_NAME_LENGTH),
    } as const;
    const pk = await this.devices.add({
      ...device,
      handle,
      counter,
      facts: passkeyFacts(credential, input.site.rp_id),
    });
    if (pk === undefined) return refuse(input, { code: 'authenticator_webauthn_known' });
    const mediation = input.config.conditional ? ({ mediation: 'conditional' } as const) : {};
    return pass<Contract>(deviceAddedOutcome(input, { ...device, pk }, mediation));
  }
}

const CHALLENGE_EXPIRED = 'The challenge is no longer valid';

/**
 * Rejects the response and counts it. Denies the visitor if the configured number of invalid responses is reached.
 * Clients expect every error in the field `response`.
 */
function refuse({ config, site, state }: Input, message: StageMessage<Contract>): StageOutcome<Contract> {
  const attempts = (state?.attempts ?? 0) + 1;
  if (config.max_attempts > 0 && attempts >= config.max_attempts)
    return deny<Contract>({ message: { code: 'authenticator_webauthn_attempts', params: { brand: site.brand } } });
  return reject<Contract>({ response: [message] }, state && { state: { ...state, attempts } });
}

const rulesOf = ({ config, apiVersion }: Input): CreationRules => ({
  ...config,
  suggestedAttachment: apiVersion === '2024.8' ? null : attachmentOf(config.hints),
  requestAttestation: config.device_type_restrictions.length > 0,
});
