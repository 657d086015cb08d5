import { createHash, randomUUID } from 'node:crypto';
import { DeviceRepository, MAX_DEVICE_NAME_LENGTH } from '@gatehouse/authenticators';
import { ask, pass, reject, type SavedUser, type StageMessage, type StageOutcome } from '@gatehouse/contracts';
import type { ChallengeInput, RespondInput } from '@gatehouse/stage-kit';
import { Inject, Injectable } from '@nestjs/common';
import { DeviceSetupStage, deviceAdded } from '../device-setup.stage.js';
import { isModelAllowed } from './allowed-models.js';
import { AuthenticatorModels } from './attestation.js';
import type { authenticatorWebauthnContract } from './authenticator-webauthn.contract.js';
import { type CreationRules, creationOptions } from './creation-options.js';
import { isLive, newNonce } from './nonce.js';
import { factsOf } from './passkey.js';
import { type NewCredential, verifyRegistration } from './registration.js';
import { relyingPartyOf } from './relying-party.js';
import { WebauthnSettings } from './webauthn-settings.js';

type Contract = typeof authenticatorWebauthnContract;
type Input = ChallengeInput<Contract>;

const NAME = 'WebAuthn Device';

/** Has a browser make a credential, and keeps it. */
@Injectable()
export class AuthenticatorWebauthnStage extends DeviceSetupStage<Contract> {
  constructor(
    @Inject(DeviceRepository) devices: DeviceRepository,
    @Inject(AuthenticatorModels) private readonly models: AuthenticatorModels,
    @Inject(WebauthnSettings) private readonly settings: WebauthnSettings,
  ) {
    super(devices);
  }

  /** Each look has a challenge of its own, and ends the one before. */
  protected async begin(input: Input, owner: SavedUser): Promise<StageOutcome<Contract>> {
    const state = { id: randomUUID(), ...newNonce(this.settings.challengeS) };
    const existing = (await this.devices.findByUser(owner.uuid)).filter(({ kind }) => kind === 'webauthn');
    const registration = creationOptions({
      party: relyingPartyOf(input.site),
      owner: { handle: handleOf(owner), username: owner.username, name: owner.name },
      challenge: state.challenge,
      rules: rulesOf(input),
      existing: existing.flatMap(({ handle }) => handle ?? []),
    });
    return ask<Contract>({ registration }, { state });
  }

  protected async finish(input: RespondInput<Contract>, owner: SavedUser): Promise<StageOutcome<Contract>> {
    const { state, response, site } = input;
    if (!isLive(state)) return refuse({ code: 'authenticator_webauthn_failed', params: { reason: TOO_LATE } });
    const { challenge, id } = state;
    const wanted = { party: relyingPartyOf(site), challenge, rules: rulesOf(input), models: this.models };
    const registered = await verifyRegistration(response.response, wanted);
    if ('refused' in registered)
      return refuse({ code: 'authenticator_webauthn_failed', params: { reason: registered.refused } });
    const { credential } = registered;
    if (!this.takes(input, credential))
      return refuse({ code: 'authenticator_webauthn_model', params: { brand: site.brand } });
    return this.keep(input, { id, owner, credential });
  }

  /** A model that could prove itself and does not is not believed to be it. */
  private takes({ config }: Input, { aaguid, proven }: NewCredential): boolean {
    const { device_type_restrictions: allowed } = config;
    const isKnown = (model: string) => this.models.nameOf(model) !== undefined;
    if (!isModelAllowed(aaguid, allowed, isKnown)) return false;
    return allowed.length === 0 || proven || this.models.rootsOf(aaguid) === undefined;
  }

  private async keep(input: Input, made: { id: string; owner: SavedUser; credential: NewCredential }) {
    const { id, owner, credential } = made;
    const { device_type_restrictions: named } = input.config;
    const { credentialId: handle, signCount: counter, aaguid } = credential;
    const described = named.find((model) => model.aaguid === aaguid)?.description || this.models.nameOf(aaguid);
    const device = {
      id,
      user: owner.uuid,
      kind: 'webauthn',
      name: (described || NAME).slice(0, MAX_DEVICE_NAME_LENGTH),
    } as const;
    const pk = await this.devices.add({ ...device, handle, counter, facts: factsOf(credential, input.site.rp_id) });
    if (pk === undefined) return refuse({ code: 'authenticator_webauthn_known' });
    return pass<Contract>(deviceAdded(input, { ...device, pk }));
  }
}

const TOO_LATE = 'The challenge is no longer valid';

/** Clients read every refusal under this one field. */
const refuse = (message: StageMessage<Contract>) => reject<Contract>({ response: [message] });

const rulesOf = ({ config }: Input): CreationRules => ({
  ...config,
  attested: config.device_type_restrictions.length > 0,
});

/** Tells nothing of the person, and is the same whenever they come. */
const handleOf = ({ uuid }: SavedUser) => createHash('sha256').update(`webauthn\0${uuid}`).digest('hex');
