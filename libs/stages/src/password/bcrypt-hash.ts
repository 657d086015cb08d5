import { createHash } from 'node:crypto';
import { verify } from '@node-rs/bcrypt';
import type { StoredHash } from './stored-hash.js';

/** Highest accepted cost (2^cost rounds). It takes about one second of one core. */
const MAX_COST = 14;

/** In bcrypt's base64 the last characters of salt and digest have unused bits, which must be zero. */
const STORED = /^bcrypt_sha256\$(\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26])$/;
const MIN_COST = 4;

/**
 * Parses a stored `bcrypt_sha256` hash of a migrated user. It is always outdated (docs/spec/stages.md#password-hashes).
 */
export function bcryptHash(stored: string): StoredHash | undefined {
  const [, hash, digits] = STORED.exec(stored) ?? [];
  const cost = Number(digits);
  if (hash === undefined || cost < MIN_COST || cost > MAX_COST) return undefined;
  return { outdated: true, matches: (password) => verify(digestOf(password), hash) };
}

/** Bcrypt ignores everything after 72 bytes, so it hashes the lower-case hex SHA-256 of the password. */
const digestOf = (password: string) => createHash('sha256').update(password).digest('hex');
