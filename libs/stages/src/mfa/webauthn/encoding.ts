import { timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

/** The bytes that a client wrote in base64url or base64, with padding or without it. */
export const bytesOf = (text: string): Buffer => Buffer.from(text, 'base64url');

/** The same bytes in the one way of writing that is stored and compared: base64url without padding. */
const canonical = (text: string): string => bytesOf(text).toString('base64url');

/** Whether two texts stand for the same bytes, found out in a time that does not tell how far they agree. */
export function sameBytes(a: string, b: string): boolean {
  const [one, other] = [bytesOf(a), bytesOf(b)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** Characters that are outside of both alphabets are no bytes at all. */
const ENCODED = /^[A-Za-z0-9+/_-]+={0,2}$/;

/** Bytes in base64url as clients send them, read into the one way of writing them. */
export const encodedBytes = (maxCharacters: number) =>
  z.string().max(maxCharacters).regex(ENCODED).transform(canonical);
