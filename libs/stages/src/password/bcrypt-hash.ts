import { createHash } from 'node:crypto';
import { verify } from '@node-rs/bcrypt';
import type { StoredHash } from './stored-hash.js';

/** Highest accepted cost parameter (2^cost rounds). A hash of this cost takes about one second on one core. */
const MAX_COST = 14;

/** In bcrypt's base64, the last characters of salt and digest have unused bits, which must be zero. */
const STORED = /^bcrypt_sha256\$(\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26])$/;
const MIN_COST = 4;

/**
 * Parses a stored `bcrypt_sha256` hash of a migrated user. The returned hash is always outdated
 * (docs/spec/stages.md#password-hashes).
 */
export function bcryptHash(stored: string): StoredHash | undefined {
  const [, hash, digits] = STORED.exec(stored) ?? [];
  const cost = Number(digits);
  if (hash === undefined || cost < MIN_COST || cost > MAX_COST) return undefined;
  return { outdated: true, cost: `bcrypt ${cost}`, matches: (password) => verify(digestOf(password), hash) };
}

/**
 * Returns the lower-case hex SHA-256 of the password. `bcrypt_sha256` hashes this digest, because bcrypt ignores
 * everything after 72 bytes.
 */
const digestOf = (password: string) => createHash('sha256').update(password).digest('hex');
