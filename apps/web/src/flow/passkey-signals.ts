import type { AccountPasskeys } from '../account/account.js';
import type { Challenge } from '../page.js';
import type { FormAnswer } from './page.context.js';

interface RequestOptions {
  readonly rpId?: string;
}

/** The parts of a challenge that report an unknown passkey. */
interface RefusedPasskey {
  readonly response_errors?: Readonly<Record<string, readonly { readonly reason?: string }[]>>;
  readonly device_challenges?: readonly { readonly device_class: string; readonly challenge: RequestOptions }[];
  readonly passkey_challenge?: RequestOptions | null;
}

/** The signals of WebAuthn level 3, §5.1.10, which not every browser has. */
interface PasskeySignals {
  signalUnknownCredential?(options: { rpId: string; credentialId: string }): Promise<void>;
  signalAllAcceptedCredentials?(
    options: Pick<AccountPasskeys, 'rpId' | 'userId' | 'allAcceptedCredentialIds'>,
  ): Promise<void>;
  signalCurrentUserDetails?(options: Pick<AccountPasskeys, 'rpId' | 'userId' | 'name' | 'displayName'>): Promise<void>;
}

/** The reasons of the validation and the identification stage for an unknown passkey. */
const UNKNOWN = new Set(['authenticator_validate_unknown', 'identification_passkey_unknown']);

/**
 * Tells the browser that the site does not know the passkey of an answer, so that password managers no longer offer it.
 * Does nothing unless the gateway says that the passkey is unknown. The passkey of another user, or of an inactive
 * user, is not unknown.
 */
export async function signalUnknownPasskey(answer: FormAnswer, next: Challenge): Promise<void> {
  const { response_errors = {}, device_challenges = [], passkey_challenge } = next as RefusedPasskey;
  const { webauthn = [], non_field_errors = [] } = response_errors;
  if (![...webauthn, ...non_field_errors].some(({ reason = '' }) => UNKNOWN.has(reason))) return;
  const device = device_challenges.find(({ device_class }) => device_class === 'webauthn');
  const rpId = (device?.challenge ?? passkey_challenge)?.rpId;
  const { id: credentialId } = Object(answer['webauthn'] ?? answer['passkey']) as { id?: string };
  if (rpId && credentialId) await signal((signals) => signals.signalUnknownCredential?.({ rpId, credentialId }));
}

/**
 * Tells the browser which passkeys the site accepts for the user, so that password managers hide removed passkeys. Also
 * sends the current names of the user (docs/spec/mfa.md#webauthn-signals).
 */
export async function signalAcceptedPasskeys(passkeys: AccountPasskeys): Promise<void> {
  const { rpId, userId, allAcceptedCredentialIds, name, displayName } = passkeys;
  await signal((signals) => signals.signalAllAcceptedCredentials?.({ rpId, userId, allAcceptedCredentialIds }));
  await signal((signals) => signals.signalCurrentUserDetails?.({ rpId, userId, name, displayName }));
}

/** Sends a signal if the browser has it. Browsers refuse signals of pages whose host is no domain. */
async function signal(send: (signals: PasskeySignals) => Promise<void> | undefined): Promise<void> {
  if (typeof PublicKeyCredential === 'undefined') return;
  await send(PublicKeyCredential as PasskeySignals)?.catch(() => undefined);
}
