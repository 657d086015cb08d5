import { pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { fromBase64, type StoredHash } from './stored-hash.js';

const derive = promisify(pbkdf2);

/** Highest accepted number of rounds. With more rounds, one login would occupy a core for seconds. */
const MAX_ROUNDS = 5_000_000;

const digests = {
  pbkdf2_sha256: { name: 'sha256', bytes: 32 },
  pbkdf2_sha1: { name: 'sha1', bytes: 20 },
} as const;

const STORED = /^(pbkdf2_sha256|pbkdf2_sha1)\$([1-9]\d{0,6})\$([^$]+)\$([^$]+)$/;

/**
 * Parses a stored `pbkdf2_sha256` or `pbkdf2_sha1` hash of a migrated user. The returned hash is always outdated
 * (docs/spec/stages.md#password-hashes).
 */
export function pbkdf2Hash(stored: string): StoredHash | undefined {
  const [, kind, rounds, salt, encoded] = STORED.exec(stored) ?? [];
  if (salt === undefined || encoded === undefined) return undefined;
  const { name, bytes } = digests[kind as keyof typeof digests];
  const digest = fromBase64(encoded);
  const iterations = Number(rounds);
  if (digest?.length !== bytes || iterations > MAX_ROUNDS) return undefined;
  return {
    outdated: true,
    cost: `${kind} ${iterations}`,
    matches: async (password) => timingSafeEqual(await derive(password, salt, iterations, bytes, name), digest),
  };
}
