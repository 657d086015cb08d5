// Preloaded into a password service by `--import`. Makes every check of a password cost what Keycloak's default costs:
// argon2id with 7 MiB, five passes and one lane. Gatehouse itself would replace such a hash at the first login.
import { createRequire } from 'node:module';

const argon2 = createRequire(import.meta.url)('@node-rs/argon2');
const { hashSync, verify } = argon2;
const COST = { algorithm: 2, memoryCost: 7168, timeCost: 5, parallelism: 1 };
const stored = hashSync('correct-horse-7', COST);

argon2.verify = (_stored, password) => verify(stored, password);
