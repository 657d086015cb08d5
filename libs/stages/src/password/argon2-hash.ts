import { type Algorithm, hash, verify } from '@node-rs/argon2';
import { fromBase64, type StoredHash } from './stored-hash.js';

/** Argon2id; the package's enum exists for the compiler only. */
const ARGON2ID = 2 as Algorithm.Argon2id;

/**
 * The cost of new hashes: 19 MiB, two passes, one lane (OWASP's least for argon2id; some 10 ms of one core). A change needs a
 * migration of `directory.is_current_hash`.
 */
const COST = { algorithm: ARGON2ID, memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** The most memory that a stored hash is given, in KiB. */
const MAX_MEMORY = 256 * 1024;
/** The most memory that is filled in all passes together, in KiB: one second of a core. */
const MAX_FILLED = 2 * 1024 * 1024;
/** Each lane is a thread. */
const MAX_LANES = 16;

/** A PHC string, bare or behind the name that Django puts before it (docs/spec/stages.md#password-hashes). */
const STORED =
  /^(argon2)?(\$argon2id\$v=19\$m=([1-9]\d{0,6}),t=([1-9]\d{0,6}),p=([1-9]\d?)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+))$/;

/** A new argon2id hash of a password, as a PHC string. */
export const hashPassword = (password: string): Promise<string> => hash(password, COST);

/** A stored argon2id hash, outdated unless it is as new ones are. */
export function argon2Hash(stored: string): StoredHash | undefined {
  const [, prefix, phc, memory, passes, lanes, salt, digest] = STORED.exec(stored) ?? [];
  if (phc === undefined || salt === undefined || digest === undefined) return undefined;
  const cost = { memoryCost: Number(memory), timeCost: Number(passes), parallelism: Number(lanes) };
  if (!isAffordable(cost) || !isLong(salt, 8) || !isLong(digest, 16)) return undefined;
  return {
    outdated: prefix !== undefined || !isCurrent(cost),
    matches: (password) => verify(phc, password),
  };
}

type Cost = Pick<typeof COST, 'memoryCost' | 'timeCost' | 'parallelism'>;

const isCurrent = ({ memoryCost, timeCost, parallelism }: Cost) =>
  memoryCost === COST.memoryCost && timeCost === COST.timeCost && parallelism === COST.parallelism;

/** Eight blocks of 1 KiB a lane are the least that RFC 9106 (section 3.1) allows. */
const isAffordable = ({ memoryCost, timeCost, parallelism }: Cost) =>
  memoryCost >= 8 * parallelism &&
  memoryCost <= MAX_MEMORY &&
  memoryCost * timeCost <= MAX_FILLED &&
  parallelism <= MAX_LANES;

/** Whether unpadded base64 holds between so many and 64 bytes. */
function isLong(unpadded: string, atLeast: number): boolean {
  const { length = 0 } = fromBase64(unpadded.padEnd(Math.ceil(unpadded.length / 4) * 4, '=')) ?? {};
  return length >= atLeast && length <= 64;
}
