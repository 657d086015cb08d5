import { z } from 'zod';
import { isLoopback } from '../http/cors.js';

const whole = (fallback: number, { min, max }: { min: number; max: number }) =>
  z.coerce.number().int().min(min).max(max).default(fallback);

/** Settings of device-bound sessions (docs/spec/device-bound-sessions.md). */
export const deviceBoundSessionConfig = z.object({
  DEVICE_BOUND_SESSIONS: z
    .enum(['true', 'false'])
    .default('false')
    .describe(
      'Whether logins offer browsers to bind the session to a key of their device. Needs a BASE_URL that begins with https, or is on this machine',
    ),
  BOUND_COOKIE_S: whole(600, { min: 60, max: 3600 }).describe(
    'Seconds after a proof of the device in which a bound session needs no other proof. Stolen cookies work for as long',
  ),
  DEVICE_CHALLENGE_S: whole(60, { min: 10, max: 300 }).describe(
    'Seconds within which a browser must bind a session after a login, and answer a challenge for its device',
  ),
  DEVICE_PROOF_BYTES: whole(4096, { min: 2048, max: 8192 }).describe(
    'Largest proof of a device, in bytes. A larger one, which is a header of the request, is refused',
  ),
});

/** Returns whether browsers bind sessions of the site: they need TLS, except on the machine of the server. */
export function canBindDevices(baseUrl: string): boolean {
  const { protocol, hostname } = new URL(baseUrl);
  return protocol === 'https:' || isLoopback(hostname);
}
