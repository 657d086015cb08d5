import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { type CryptoPlugin, createGuardrails, verifySync } from 'otplib';
import { z } from 'zod';
import { TOTP_STEP_S } from './otpauth.js';

/** Length of a new key in bytes (docs/spec/mfa.md#totp). */
const KEY_BYTES = 20;
/** Maximum length of an imported key in bytes. */
const MAX_KEY_BYTES = 40;

/** Parameters of RFC 6238 with SHA-1. `step` and `t0` are in seconds; `tolerance` and `drift` are in time steps. */
export const totpKey = z.object({
  key: z
    .hex()
    .min(2)
    .max(2 * MAX_KEY_BYTES),
  digits: z.literal([6, 8]),
  step: z.int().min(1).max(3600).default(TOTP_STEP_S),
  t0: z.int().default(0),
  tolerance: z.int().min(0).max(1).default(1),
  drift: z.int().min(-20).max(20).default(0),
});
export type TotpKey = z.output<typeof totpKey>;

/** Returns a new random key as hexadecimal digits. */
export const newTotpKey = (): string => randomBytes(KEY_BYTES).toString('hex');

// Keys of any length are accepted, because imported keys may be shorter than the library's minimum.
const guardrails = createGuardrails({ MIN_SECRET_BYTES: 1 });

const crypto: CryptoPlugin = {
  name: 'node',
  hmac: (algorithm, key, data) => createHmac(algorithm, key).update(data).digest(),
  randomBytes: (length) => randomBytes(length),
  constantTimeEqual: (code, typed) =>
    code.length === typed.length && timingSafeEqual(Buffer.from(code), Buffer.from(typed)),
};

/**
 * Returns the time step of a code, or `undefined` for a wrong code. Accepts codes within the tolerance around the
 * device's clock. Restores leading zeros, which clients lose when they send a code as a number.
 */
export function matchTimeStep({ key, digits, step, t0, tolerance, drift }: TotpKey, code: string, nowS: number) {
  const token = code.padStart(digits, '0');
  if (!/^\d+$/.test(token) || token.length !== digits) return undefined;
  const secret = Buffer.from(key, 'hex');
  const epoch = nowS + drift * step;
  if (epoch < t0) return undefined;
  const options = { secret, token, epoch, t0, period: step, digits, crypto, guardrails };
  const result = verifySync({ ...options, epochTolerance: tolerance * step });
  return result.valid && 'timeStep' in result ? result.timeStep : undefined;
}

/** Returns the highest time step whose code is accepted at `nowS`, in seconds since 1970. */
export function lastTimeStep({ step, t0, tolerance, drift }: TotpKey, nowS: number): number {
  return Math.floor((nowS - t0) / step) + drift + tolerance;
}
