// The password hash of Gatehouse, for the products that Gatehouse is compared with.
import { hash, verify } from '@node-rs/argon2';

/** Argon2id, 19 MiB, two passes, one lane, as in libs/stages/src/password/argon2-hash.ts. */
const COST = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 };

export const hashPassword = (password) => hash(password, COST);
export const verifyPassword = (stored, password) => verify(stored, password);
