import type { StageRequest } from '@gatehouse/contracts';

/** The site to which credentials belong. It is built only from the configuration, never from a request header. */
export interface RelyingParty {
  /** The domain to which credentials are bound (the RP ID of WebAuthn). */
  readonly id: string;
  /** The name of the site in the browser's dialogue. */
  readonly name: string;
  /**
   * The origins whose pages may create and use credentials: the origin of the site, such as `https://id.example.org`,
   * and the origins of related sites (docs/spec/mfa.md#webauthn-origins).
   */
  readonly origins: readonly [own: string, ...related: string[]];
}

type Site = Pick<StageRequest['site'], 'base_url' | 'rp_id' | 'brand' | 'passkey_origins'>;

/** Returns the relying party of a site. */
export const relyingPartyOf = ({ base_url, rp_id, brand, passkey_origins = [] }: Site): RelyingParty => ({
  id: rp_id,
  name: brand,
  origins: [new URL(base_url).origin, ...passkey_origins],
});

/** WebAuthn's levels of user verification (by fingerprint, face or PIN). */
export const USER_VERIFICATIONS = ['required', 'preferred', 'discouraged'] as const;
export type UserVerification = (typeof USER_VERIFICATIONS)[number];

/** The kinds of authenticators that a browser may suggest first (WebAuthn level 3, §5.8.7). */
export const HINTS = ['security-key', 'client-device', 'hybrid'] as const;
export type Hint = (typeof HINTS)[number];

/** Timeout of a ceremony in the browser, in milliseconds. */
export const CEREMONY_TIMEOUT_MS = 60_000;
