/** The site that credentials belong to. It is built from the configuration only, never from a request header. */
export interface RelyingParty {
  /** The domain that credentials are bound to (WebAuthn's RP ID). */
  readonly id: string;
  /** The name of the site in the browser's dialogue. */
  readonly name: string;
  /** The only origin whose pages may create and use credentials, such as `https://id.example.org`. */
  readonly origin: string;
}

interface Site {
  readonly base_url: string;
  readonly rp_id: string;
  readonly brand: string;
}

/** Returns the relying party of a site. */
export const relyingPartyOf = ({ base_url, rp_id, brand }: Site): RelyingParty => ({
  id: rp_id,
  name: brand,
  origin: new URL(base_url).origin,
});

/** WebAuthn's levels of user verification (by fingerprint, face or PIN). */
export const USER_VERIFICATIONS = ['required', 'preferred', 'discouraged'] as const;
export type UserVerification = (typeof USER_VERIFICATIONS)[number];

/** The kinds of authenticators that a browser may suggest first (WebAuthn level 3, §5.8.7). */
export const HINTS = ['security-key', 'client-device', 'hybrid'] as const;
export type Hint = (typeof HINTS)[number];

/** Timeout of a ceremony in the browser, in milliseconds. */
export const CEREMONY_TIMEOUT_MS = 60_000;
