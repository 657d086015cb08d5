import { type Algorithm, hash, verify } from '@node-rs/argon2';

/** Argon2id; the package's enum exists for the compiler only. */
const ARGON2ID = 2 as Algorithm.Argon2id;

/** The cost of new hashes: 19 MiB, two passes, one lane (OWASP's least for argon2id; some 10 ms of one core). */
const COST = { algorithm: ARGON2ID, memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** A PHC string, bare or behind the name that Django puts before it (02-stages §3.9). */
const STORED = /^(argon2)?(\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+)$/;

/** A new argon2id hash of a password, as a PHC string. */
export const hashPassword = (password: string): Promise<string> => hash(password, COST);

/** A stored argon2id hash, ready to be compared; undefined for text that is none. */
export function argon2Hash(stored: string) {
  const [, prefix, phc, memory, passes, lanes] = STORED.exec(stored) ?? [];
  if (phc === undefined) return undefined;
  const current =
    Number(memory) === COST.memoryCost && Number(passes) === COST.timeCost && Number(lanes) === COST.parallelism;
  return {
    outdated: prefix !== undefined || !current,
    matches: (password: string) => verify(phc, password),
  };
}
