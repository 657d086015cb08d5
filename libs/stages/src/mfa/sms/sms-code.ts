import { randomInt } from 'node:crypto';
import { secretsEqual } from '@gatehouse/platform';
import { z } from 'zod';

/** Milliseconds that a sent code counts (docs/spec/mfa.md#sms-codes). */
const LASTS_MS = 300_000;
/** Wrong answers to one sent code, after which it counts no more. */
const MAX_TRIES = 5;
const DIGITS = 6;

/** A code that was sent, in the state of the step that sent it. */
export const sentCode = z.object({
  /** The device that it was sent to; or the number, where there is no device yet. */
  to: z.string(),
  code: z.string(),
  /** Milliseconds since 1970. */
  at: z.number(),
  tries: z.int(),
});
export type SentCode = z.output<typeof sentCode>;

/** A fresh code: six digits, zeros in front included. By chance, or the one that 32 secret bytes name. */
export const freshCode = (to: string, bytes?: Buffer): SentCode => ({
  to,
  code: String(bytes ? bytes.readUIntBE(0, 6) % 10 ** DIGITS : randomInt(10 ** DIGITS)).padStart(DIGITS, '0'),
  at: Date.now(),
  tries: 0,
});

/** Whether an answer can still be right. */
export const isUnexpired = ({ at, tries }: SentCode): boolean => Date.now() < at + LASTS_MS && tries < MAX_TRIES;

/** Whether `answer` is the code that was sent; a client that sends numbers loses leading zeros. */
export const matchesSentCode = (sent: SentCode, answer: string): boolean =>
  isUnexpired(sent) && secretsEqual(sent.code, answer.padStart(DIGITS, '0'));
