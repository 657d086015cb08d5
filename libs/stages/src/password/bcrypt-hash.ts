import { createHash } from 'node:crypto';
import { verify } from '@node-rs/bcrypt';
import type { StoredHash } from './stored-hash.js';

/** The highest cost that is worked off (2^cost rounds): one second of a core. */
const MAX_COST = 14;

/** Bcrypt's own base64 leaves bits over in the last character of salt and digest; they are zero. */
const STORED = /^bcrypt_sha256\$(\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26])$/;
const MIN_COST = 4;

/** A stored `bcrypt_sha256` hash of a migrated user (docs/spec/stages.md#password-hashes), always outdated. */
export function bcryptHash(stored: string): StoredHash | undefined {
  const [, hash, digits] = STORED.exec(stored) ?? [];
  const cost = Number(digits);
  if (hash === undefined || cost < MIN_COST || cost > MAX_COST) return undefined;
  return { outdated: true, matches: (password) => verify(digestOf(password), hash) };
}

/** Bcrypt looks at 72 bytes only, so it is given the lower-case hex SHA-256 of the password. */
const digestOf = (password: string) => createHash('sha256').update(password).digest('hex');
