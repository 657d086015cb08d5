import { Inject, Injectable } from '@nestjs/common';
import { deviceReference } from '../device-events.js';
import { type DeviceOffer, Factor, type FactorAnswer, type FactorContext, type ProofVerdict } from '../factor.js';
import { isModelAllowed } from './allowed-models.js';
import { verifyAssertion } from './assertion.js';
import { AuthenticatorModels } from './attestation.js';
import { type AssertionAnswer, assertionAnswer } from './credential-answer.js';
import { isLive, newNonce } from './nonce.js';
import { type Passkey, passkeyOf } from './passkey.js';
import { PasskeyRepository } from './passkey.repository.js';
import { relyingPartyOf } from './relying-party.js';
import { requestOptions } from './request-options.js';
import { WebauthnSettings } from './webauthn-settings.js';

type Kind = 'webauthn';
type Refusal = Extract<ProofVerdict<Kind>, { type: 'wrong' }>['message'];

/** How the entry is called that any passkey will do for. */
const ANY_DEVICE = '-1';

/** Passkeys and security keys: each signs what was asked of it, here and once (docs/spec/mfa.md#webauthn-request). */
@Injectable()
export class WebauthnFactor extends Factor<Kind> {
  readonly deviceClass = 'webauthn';
  readonly field = 'webauthn';
  override readonly knowsItsOwner = true;

  constructor(
    @Inject(PasskeyRepository) private readonly passkeys: PasskeyRepository,
    @Inject(AuthenticatorModels) private readonly models: AuthenticatorModels,
    @Inject(WebauthnSettings) private readonly settings: WebauthnSettings,
  ) {
    super();
  }

  /** A challenge lasts until it is answered or the page is looked at anew: what else is sent meanwhile leaves it alone. */
  offer({ input, user, devices, memory }: FactorContext<Kind>): DeviceOffer<Kind> | undefined {
    const party = relyingPartyOf(input.site);
    const taken = devices
      .flatMap((device) => passkeyOf(device) ?? [])
      .filter(({ aaguid }) => this.takes(input, aaguid))
      .sort((a, b) => a.device.name.localeCompare(b.device.name));
    const here = taken.filter(({ rpId }) => rpId === '' || rpId === party.id);
    // Whoever has keys for the domain of before only has a second factor still: they are not let in as if they had none.
    const usable = here.length > 0 ? here : taken;
    const [first] = usable;
    if (user && !first) return undefined;
    const nonce = 'response' in input && isLive(memory) ? memory : newNonce(this.settings.challengeS);
    const challenge = requestOptions({
      ...{ party, challenge: nonce.challenge, hints: input.config.webauthn_hints },
      userVerification: user ? input.config.webauthn_user_verification : 'required',
      allowed: usable.map(({ credentialId }) => credentialId),
    });
    const uid = first ? String(first.device.pk) : ANY_DEVICE;
    return { uid, challenge, devices: usable.map(({ device }) => device), memory: nonce };
  }

  async verify(given: FactorAnswer<Kind>): Promise<ProofVerdict<Kind>> {
    const { input, user } = given;
    const answer = assertionAnswer.safeParse(given.answer);
    const passkey = answer.success ? await this.passkeys.find(answer.data.id) : undefined;
    if (!answer.success || !passkey || (user && passkey.device.user !== user.uuid))
      return wrong('authenticator_validate_device');
    if (!this.takes(input, passkey.aaguid))
      return {
        type: 'wrong',
        guessed: false,
        message: { code: 'authenticator_validate_model', params: { brand: input.site.brand } },
      };
    const proof = await this.proofOf(given, answer.data, passkey);
    // The counter moves in the statement that looks at it, so that of two askers with one proof one gets on.
    if (!proof || !(await this.passkeys.use(passkey, proof.signCount))) return failed(passkey);
    return user ? { type: 'right', device: passkey.device } : this.told(passkey);
  }

  private takes({ config }: FactorContext<Kind>['input'], aaguid: string): boolean {
    return isModelAllowed(
      aaguid,
      config.webauthn_allowed_device_types,
      (model) => this.models.nameOf(model) !== undefined,
    );
  }

  /** Where the credential is all that somebody proves, it must be one that has made sure who they are. */
  private async proofOf({ input, user, memory }: FactorAnswer<Kind>, answer: AssertionAnswer, credential: Passkey) {
    if (!isLive(memory)) return undefined;
    const verified = !user || input.config.webauthn_user_verification === 'required';
    return verifyAssertion(answer, {
      party: relyingPartyOf(input.site),
      challenge: memory.challenge,
      credential,
      verified,
    });
  }

  private async told(passkey: Passkey): Promise<ProofVerdict<Kind>> {
    const { device } = passkey;
    const owner = await this.passkeys.ownerOf(device);
    if (!owner) return wrong('authenticator_validate_device');
    const device_type = this.models.nameOf(passkey.aaguid) ?? null;
    return { type: 'right', device, user: owner, args: { device: deviceReference(device), device_type } };
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
  facts: { device: deviceReference(device) },
});
