import type { Challenge } from '../page.js';
import type { FormAnswer } from './page.context.js';

/** The parts of a challenge that tell that a passkey is unknown. */
interface RefusedPasskey {
  readonly response_errors?: { readonly webauthn?: readonly { readonly reason?: string }[] };
  readonly device_challenges?: readonly {
    readonly device_class: string;
    readonly challenge: { readonly rpId?: string };
  }[];
}

/** The signal of WebAuthn level 3, §5.1.10, which not every browser has. */
interface SignallingCredential {
  readonly signalUnknownCredential?: (options: { rpId: string; credentialId: string }) => Promise<void>;
}

/**
 * Tells the browser that the site does not know the passkey of an answer, so that password managers no longer offer it.
 * Does nothing unless the gateway says that the passkey is unknown: one of another or an inactive user is not.
 */
export function signalUnknownPasskey(answer: FormAnswer, next: Challenge): void {
  const { response_errors, device_challenges = [] } = next as RefusedPasskey;
  const isUnknown = response_errors?.webauthn?.some(({ reason }) => reason === 'authenticator_validate_unknown');
  const rpId = device_challenges.find(({ device_class }) => device_class === 'webauthn')?.challenge.rpId;
  const { id: credentialId } = Object(answer['webauthn']) as { id?: string };
  if (!isUnknown || !rpId || !credentialId) return;
  const { signalUnknownCredential } = PublicKeyCredential as SignallingCredential;
  void signalUnknownCredential?.call(PublicKeyCredential, { rpId, credentialId }).catch(() => undefined);
}
