import { createHash } from 'node:crypto';

/**
 * Returns the WebAuthn user handle of a user in base64url: 48 bytes that are the same for all passkeys of the user, and
 * reveal nothing about the user. The text is also hexadecimal.
 */
export const passkeyUserHandle = (userUuid: string): string =>
  createHash('sha256').update(`webauthn\0${userUuid}`).digest('hex');
