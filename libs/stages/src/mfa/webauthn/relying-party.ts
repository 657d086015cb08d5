/** The site that credentials belong to. All of it is configured: a header of a request never says who we are. */
export interface RelyingParty {
  /** The domain that credentials are bound to (WebAuthn's RP ID). */
  readonly id: string;
  /** What the browser's dialogue calls the site. */
  readonly name: string;
  /** The one origin whose pages may make and use credentials, such as `https://id.example.org`. */
  readonly origin: string;
}

interface Site {
  readonly base_url: string;
  readonly rp_id: string;
  readonly brand: string;
}

/** The relying party that a site is. */
export const relyingPartyOf = ({ base_url, rp_id, brand }: Site): RelyingParty => ({
  id: rp_id,
  name: brand,
  origin: new URL(base_url).origin,
});

/** How far an authenticator must make sure who uses it (a finger, a face, a PIN). */
export const USER_VERIFICATIONS = ['required', 'preferred', 'discouraged'] as const;
export type UserVerification = (typeof USER_VERIFICATIONS)[number];

/** What a browser may suggest first when several sorts of authenticators would do (WebAuthn level 3, §5.8.7). */
export const HINTS = ['security-key', 'client-device', 'hybrid'] as const;
export type Hint = (typeof HINTS)[number];

/** Milliseconds that a browser's dialogue stays open. */
export const DIALOGUE_MS = 60_000;
