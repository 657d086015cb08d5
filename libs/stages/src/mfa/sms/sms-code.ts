import { randomInt } from 'node:crypto';
import { secretsEqual } from '@gatehouse/platform';
import { z } from 'zod';

/** Milliseconds for which a sent code is valid (docs/spec/mfa.md#sms-codes). */
const LIFETIME_MS = 300_000;
/** Number of wrong answers after which a sent code is no longer valid. */
const MAX_TRIES = 5;
const DIGITS = 6;

/** A sent code, in the state of the step that sent it. */
export const sentCode = z.object({
  /** Id of the device for which the code is valid, or the phone number while the device does not exist yet. */
  to: z.string(),
  code: z.string(),
  /** Time of sending in milliseconds since 1970. */
  at: z.number(),
  tries: z.int(),
});
export type SentCode = z.output<typeof sentCode>;

/**
 * Returns a new code of six digits. Derives the code from the secret bytes of `seed`. Without `seed`, the code is
 * random.
 */
export const newSentCode = (boundTo: string, seed?: Buffer): SentCode => ({
  to: boundTo,
  code: String(seed ? seed.readUIntBE(0, 6) % 10 ** DIGITS : randomInt(10 ** DIGITS)).padStart(DIGITS, '0'),
  at: Date.now(),
  tries: 0,
});

/** Returns whether the code is still valid. */
export const isUnexpired = ({ at, tries }: SentCode): boolean => Date.now() < at + LIFETIME_MS && tries < MAX_TRIES;

/** Returns whether `answer` is the sent code and the code is valid. Restores leading zeros, which clients may lose. */
export const matchesSentCode = (sent: SentCode, answer: string): boolean =>
  isUnexpired(sent) && secretsEqual(sent.code, answer.padStart(DIGITS, '0'));
