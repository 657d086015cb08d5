import { CEREMONY_TIMEOUT_MS, type Hint, type RelyingParty, type UserVerification } from './relying-party.js';

interface AssertionRequest {
  readonly party: RelyingParty;
  readonly challenge: string;
  readonly userVerification: UserVerification;
  readonly hints: readonly Hint[];
  /** Ids of the acceptable credentials. If empty, the browser may use any discoverable credential of the site. */
  readonly allowed: readonly string[];
}

/** Returns the options of `navigator.credentials.get`, in authentik's form (docs/spec/mfa.md#webauthn-request). */
export const requestOptions = ({ party, challenge, userVerification, hints, allowed }: AssertionRequest) => ({
  challenge,
  timeout: CEREMONY_TIMEOUT_MS,
  rpId: party.id,
  allowCredentials: allowed.map((id) => ({ id, type: 'public-key' })),
  userVerification,
  ...(hints.length > 0 ? { hints: [...hints] } : {}),
});
