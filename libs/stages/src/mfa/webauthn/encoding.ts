import { timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

/** Decodes base64url or base64, with or without padding. */
export const decodeBase64url = (text: string): Buffer => Buffer.from(text, 'base64url');

/** Re-encodes as base64url without padding, which is the form for storing and comparing. */
const canonicalBase64url = (text: string): string => decodeBase64url(text).toString('base64url');

/** Returns whether two encoded texts have the same bytes. Compares in constant time. */
export function equalBytes(a: string, b: string): boolean {
  const [first, second] = [decodeBase64url(a), decodeBase64url(b)];
  return first.length === second.length && timingSafeEqual(first, second);
}

/**
 * Matches text in the alphabets of base64 and base64url. `Buffer` ignores all other characters instead of refusing
 * them.
 */
const ENCODED = /^[A-Za-z0-9+/_-]+={0,2}$/;

/** Schema of bytes in base64url or base64. Its output is canonical base64url. */
export const encodedBytes = (maxCharacters: number) =>
  z.string().max(maxCharacters).regex(ENCODED).transform(canonicalBase64url);
