import { ScureBase32Plugin } from 'otplib';

/** Length of a TOTP time step in seconds. A code is current during one time step. */
export const TOTP_STEP_S = 30;

interface OtpauthAccount {
  readonly issuer: string;
  readonly username: string;
  readonly key: Uint8Array;
  readonly digits: number;
}

const base32 = new ScureBase32Plugin();

/**
 * Returns the URL that an authenticator app scans. Every byte is the same as in authentik
 * (docs/spec/mfa.md#totp-setup).
 */
export function otpauthUrl({ issuer, username, key, digits }: OtpauthAccount): string {
  const brand = escapeUri(issuer);
  const secret = escapeUri(base32.encode(key, { padding: true }));
  const query = `secret=${secret}&algorithm=SHA1&digits=${digits}&period=${TOTP_STEP_S}&issuer=${brand}`;
  return `otpauth://totp/${brand}%3A${escapeUri(username)}?${query}`;
}

/** Percent-encodes all characters except slashes and the unreserved characters of RFC 3986. */
const escapeUri = (text: string) =>
  encodeURIComponent(text)
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%2F', '/');
