import { ScureBase32Plugin } from 'otplib';

/** Seconds that a code lasts. */
export const TOTP_STEP_S = 30;

interface Account {
  readonly issuer: string;
  readonly username: string;
  readonly key: Uint8Array;
  readonly digits: number;
}

const base32 = new ScureBase32Plugin();

/**
 * What an authenticator app scans: to the letter what its users have always been shown (docs/spec/mfa.md#totp-setup).
 */
export function otpauthUrl({ issuer, username, key, digits }: Account): string {
  const brand = escaped(issuer);
  const secret = escaped(base32.encode(key, { padding: true }));
  const query = `secret=${secret}&algorithm=SHA1&digits=${digits}&period=${TOTP_STEP_S}&issuer=${brand}`;
  return `otpauth://totp/${brand}%3A${escaped(username)}?${query}`;
}

/** All but the unreserved characters of RFC 3986, and slashes. */
const escaped = (text: string) =>
  encodeURIComponent(text)
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%2F', '/');
