import { type Algorithm, hash, verify } from '@node-rs/argon2';
import { fromBase64, type StoredHash } from './stored-hash.js';

/** Argon2id. The package declares the enum only for the compiler, so this file repeats its value. */
const ARGON2ID = 2 as Algorithm.Argon2id;

/**
 * Cost of new hashes: 19 MiB, two passes and one lane. This is the minimum that OWASP recommends for argon2id. One hash
 * takes about 10 ms on one core. A change of the cost needs a migration of `directory.is_current_hash`.
 */
const COST = { algorithm: ARGON2ID, memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** The cost of new hashes, in the format of `StoredHash.cost`. */
export const CURRENT_COST = costOf(COST);

/** Largest memory that a stored hash may need, in KiB. */
const MAX_MEMORY = 256 * 1024;
/** Largest product of memory and passes, in KiB. A hash at this limit takes about one second on one core. */
const MAX_TOTAL_MEMORY = 2 * 1024 * 1024;
/** Largest number of lanes. Each lane is a thread. */
const MAX_LANES = 16;

/** A PHC string, with or without Django's prefix `argon2` (docs/spec/stages.md#password-hashes). */
const STORED =
  /^(argon2)?(\$argon2id\$v=19\$m=([1-9]\d{0,6}),t=([1-9]\d{0,6}),p=([1-9]\d?)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+))$/;

/** Returns a new argon2id hash of a password, as a PHC string. */
export const hashPassword = (password: string): Promise<string> => hash(password, COST);

/** Parses a stored argon2id hash. Marks the hash as outdated unless it has the form and the cost of new hashes. */
export function argon2Hash(stored: string): StoredHash | undefined {
  const [, prefix, phc, memory, passes, lanes, salt, digest] = STORED.exec(stored) ?? [];
  if (phc === undefined || salt === undefined || digest === undefined) return undefined;
  const cost = { memoryCost: Number(memory), timeCost: Number(passes), parallelism: Number(lanes) };
  if (!isAffordable(cost) || !hasValidLength(salt, 8) || !hasValidLength(digest, 16)) return undefined;
  return {
    outdated: prefix !== undefined || costOf(cost) !== CURRENT_COST,
    cost: costOf(cost),
    matches: (password) => verify(phc, password),
  };
}

type Cost = Pick<typeof COST, 'memoryCost' | 'timeCost' | 'parallelism'>;

function costOf({ memoryCost, timeCost, parallelism }: Cost): string {
  return `argon2id ${memoryCost} ${timeCost} ${parallelism}`;
}

/**
 * Returns whether the cost parameters are within the limits. RFC 9106 (section 3.1) requires at least 8 KiB for each
 * lane.
 */
const isAffordable = ({ memoryCost, timeCost, parallelism }: Cost) =>
  memoryCost >= 8 * parallelism &&
  memoryCost <= MAX_MEMORY &&
  memoryCost * timeCost <= MAX_TOTAL_MEMORY &&
  parallelism <= MAX_LANES;

/** Returns whether unpadded base64 encodes between `minBytes` and 64 bytes. */
function hasValidLength(unpadded: string, minBytes: number): boolean {
  const { length = 0 } = fromBase64(unpadded.padEnd(Math.ceil(unpadded.length / 4) * 4, '=')) ?? {};
  return length >= minBytes && length <= 64;
}
