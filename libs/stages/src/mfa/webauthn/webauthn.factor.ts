import { Inject, Injectable } from '@nestjs/common';
import { deviceReference } from '../device-events.js';
import {
  type DeviceOffer,
  Factor,
  type FactorAnswer,
  type FactorContext,
  type FactorState,
  type ProofVerdict,
} from '../factor.js';
import { isModelAllowed } from './allowed-models.js';
import { verifyAssertion } from './assertion.js';
import { AuthenticatorModels } from './attestation.js';
import { type AssertionResponse, assertionResponse } from './credential-response.js';
import { isValidNonce, newNonce } from './nonce.js';
import { type Passkey, passkeyOf } from './passkey.js';
import { PasskeyRepository } from './passkey.repository.js';
import { relyingPartyOf } from './relying-party.js';
import { requestOptions } from './request-options.js';
import { WebauthnSettings } from './webauthn.config.js';

type Kind = 'webauthn';
type Refusal = Extract<ProofVerdict<Kind>, { type: 'wrong' }>['message'];

/** The `device_uid` of the entry that accepts any passkey of the site. */
const ANY_DEVICE_UID = '-1';

/**
 * Factor of passkeys and security keys. An assertion signs a nonce that is valid once
 * (docs/spec/mfa.md#webauthn-request).
 */
@Injectable()
export class WebauthnFactor extends Factor<Kind> {
  readonly deviceClass = 'webauthn';
  readonly field = 'webauthn';
  override readonly identifiesUser = true;

  constructor(
    @Inject(PasskeyRepository) private readonly passkeys: PasskeyRepository,
    @Inject(AuthenticatorModels) private readonly models: AuthenticatorModels,
    @Inject(WebauthnSettings) private readonly settings: WebauthnSettings,
  ) {
    super();
  }

  /**
   * Creates a new nonce for each rendering. While the stage handles a response, keeps a valid nonce, because the
   * browser may already be signing it. An embedded stage keeps the nonce for half of its lifetime or until an assertion
   * uses it, because the browser may sign it while the visitor answers the other fields of the page.
   */
  offer({ input, user, devices, memory }: FactorContext<Kind>): DeviceOffer<Kind> | undefined {
    const party = relyingPartyOf(input.site);
    const allowed = devices
      .flatMap((device) => passkeyOf(device) ?? [])
      .filter(({ aaguid }) => this.acceptsModel(input, aaguid))
      .sort((a, b) => a.device.name.localeCompare(b.device.name));
    const ofThisSite = allowed.filter(({ rpId }) => rpId === '' || rpId === party.id);
    // Offer keys of an earlier domain if the user has no other keys. These keys do not work here, but the user has a
    // second factor and must not be treated as a user without one.
    const usable = ofThisSite.length > 0 ? ofThisSite : allowed;
    const [first] = usable;
    if (user && !first) return undefined;
    const isKept = input.step.embedded ? this.isFresh(memory) : 'response' in input && isValidNonce(memory);
    const nonce = isKept && memory ? memory : newNonce(this.settings.challengeS);
    const challenge = requestOptions({
      ...{ party, challenge: nonce.challenge, hints: input.config.webauthn_hints },
      userVerification: user ? input.config.webauthn_user_verification : 'required',
      allowed: usable.map(({ credentialId }) => credentialId),
    });
    const uid = first ? String(first.device.pk) : ANY_DEVICE_UID;
    return { uid, challenge, devices: usable.map(({ device }) => device), memory: nonce };
  }

  async verify(context: FactorAnswer<Kind>): Promise<ProofVerdict<Kind>> {
    const verdict = await this.judge(context);
    // A refused assertion uses up its nonce.
    return verdict.type === 'wrong' && context.memory
      ? { ...verdict, memory: { ...context.memory, until: 0 } }
      : verdict;
  }

  private async judge(context: FactorAnswer<Kind>): Promise<ProofVerdict<Kind>> {
    const { input, user } = context;
    const response = assertionResponse.safeParse(context.answer);
    const passkey = response.success ? await this.passkeys.find(response.data.id) : undefined;
    // Only a visitor who has not named a user is told that the passkey is unknown, so that the browser can delete it.
    if (response.success && !passkey && !user) return wrong('authenticator_validate_unknown');
    if (!response.success || !passkey || (user && passkey.device.user !== user.uuid))
      return wrong('authenticator_validate_device');
    if (!this.acceptsModel(input, passkey.aaguid))
      return {
        type: 'wrong',
        guessed: false,
        message: { code: 'authenticator_validate_model', params: { brand: input.site.brand } },
      };
    return this.judgeAssertion(context, response.data, passkey);
  }

  private async judgeAssertion(
    context: FactorAnswer<Kind>,
    response: AssertionResponse,
    passkey: Passkey,
  ): Promise<ProofVerdict<Kind>> {
    const { input, user, memory } = context;
    // An answer to an expired challenge is not judged, so it does not count as an attempt.
    if (!isValidNonce(memory)) return wrong('authenticator_validate_assertion');
    const assertion = await this.verifyResponse({ ...context, memory }, response, passkey);
    // Compare-and-set of the counter: only one of two concurrent requests with the same assertion succeeds.
    if (!assertion || !(await this.passkeys.recordUse(passkey, assertion))) return failed(passkey);
    const deviceFacts = { backup_eligible: assertion.backupEligible, backed_up: assertion.backedUp };
    if (user) return { type: 'right', device: passkey.device, deviceFacts };
    const verdict = await this.identifyOwner(passkey, input.session);
    return verdict.type === 'right' ? { ...verdict, deviceFacts } : verdict;
  }

  /** Returns whether at least half of the lifetime of a nonce is left. */
  private isFresh(nonce: FactorContext<Kind>['memory']): boolean {
    return nonce !== undefined && nonce.until - Date.now() > (this.settings.challengeS * 1000) / 2;
  }

  private acceptsModel({ config }: FactorContext<Kind>['input'], aaguid: string): boolean {
    return isModelAllowed(
      aaguid,
      config.webauthn_allowed_device_types,
      (model) => this.models.nameFor(model) !== undefined,
    );
  }

  /**
   * Verifies the assertion. Requires user verification if the credential identifies its user, because it is then the
   * only factor.
   */
  private async verifyResponse(
    { input, user, memory }: FactorAnswer<Kind> & { readonly memory: FactorState<Kind> },
    response: AssertionResponse,
    credential: Passkey,
  ) {
    const requireUserVerification = !user || input.config.webauthn_user_verification === 'required';
    return verifyAssertion(response, {
      party: relyingPartyOf(input.site),
      challenge: memory.challenge,
      credential,
      requireUserVerification,
    });
  }

  /** Returns the owner of a passkey as the user. Refuses the passkey if the visitor is logged in as another user. */
  private async identifyOwner(
    passkey: Passkey,
    { user: visitor }: FactorContext<Kind>['input']['session'],
  ): Promise<ProofVerdict<Kind>> {
    const { device } = passkey;
    const owner = await this.passkeys.ownerOf(device);
    const isOther = visitor?.kind === 'saved' && visitor.uuid !== owner?.uuid;
    if (!owner || isOther) return wrong('authenticator_validate_device');
    const device_type = this.models.nameFor(passkey.aaguid) ?? null;
    return { type: 'right', device, user: owner, methodArgs: { device: deviceReference(device), device_type } };
  }
}

const wrong = (code: Extract<Refusal, { code: unknown }>['code']): ProofVerdict<Kind> => ({
  type: 'wrong',
  guessed: false,
  message: { code },
});

const failed = ({ device }: Passkey): ProofVerdict<Kind> => ({
  type: 'wrong',
  guessed: true,
  message: { code: 'authenticator_validate_assertion' },
  eventContext: { device: deviceReference(device) },
});
