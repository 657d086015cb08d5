import { pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify(pbkdf2);
const DIGEST_BYTES = 32;

/** The most rounds that are worked off: above it, one login would hold a core for seconds. */
const MAX_ROUNDS = 5_000_000;

const STORED = /^pbkdf2_sha256\$(\d{1,7})\$([^$]+)\$([A-Za-z0-9+/]+=*)$/;

/** A stored `pbkdf2_sha256` hash of a migrated user (02-stages §3.9), always outdated; undefined for text that is none. */
export function pbkdf2Hash(stored: string) {
  const [, rounds, salt, encoded] = STORED.exec(stored) ?? [];
  if (rounds === undefined || salt === undefined || encoded === undefined) return undefined;
  const digest = Buffer.from(encoded, 'base64');
  const iterations = Number(rounds);
  if (digest.length !== DIGEST_BYTES || iterations < 1 || iterations > MAX_ROUNDS) return undefined;
  return {
    outdated: true,
    matches: async (password: string) =>
      timingSafeEqual(await derive(password, salt, iterations, DIGEST_BYTES, 'sha256'), digest),
  };
}
