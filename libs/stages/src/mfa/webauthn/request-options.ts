import { DIALOGUE_MS, type Hint, type RelyingParty, type UserVerification } from './relying-party.js';

interface Request {
  readonly party: RelyingParty;
  readonly challenge: string;
  readonly userVerification: UserVerification;
  readonly hints: readonly Hint[];
  /** Ids of credentials that will do; with none of them any credential of the site will, and tells whose it is. */
  readonly allowed: readonly string[];
}

/**
 * The options of `navigator.credentials.get` as clients have always been sent them (docs/spec/mfa.md#webauthn-request).
 */
export const requestOptions = ({ party, challenge, userVerification, hints, allowed }: Request) => ({
  challenge,
  timeout: DIALOGUE_MS,
  rpId: party.id,
  allowCredentials: allowed.map((id) => ({ id, type: 'public-key' })),
  userVerification,
  ...(hints.length > 0 ? { hints: [...hints] } : {}),
});
