import { randomInt } from 'node:crypto';
import { secretsEqual } from '@gatehouse/platform';
import { createChallenge, verifySolution } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/sha';
import { z } from 'zod';
import { proofOfWork } from './captcha.contract.js';

/** A signed proof of work challenge. */
export type ProofOfWork = z.output<typeof proofOfWork>;

const ALGORITHM = 'SHA-256';

const solutionToken = z.object({
  challenge: z.object({ parameters: z.looseObject({}), signature: z.string() }),
  solution: z.object({ counter: z.int().min(0), derivedKey: z.string().max(128) }),
});

interface ProofOptions {
  readonly key: string;
  /** Largest number of hashes that a solution may need. */
  readonly tries: number;
  /** Expiry, in milliseconds since 1970. */
  readonly expires: number;
}

/**
 * Returns a new challenge of version 2 of the ALTCHA protocol. The client tries numbers until the hash of the
 * challenge's salt and the number has the prefix that the challenge demands.
 */
export async function createProofOfWork({ key, tries, expires }: ProofOptions): Promise<ProofOfWork> {
  const counter = randomInt(Math.floor(tries / 2), tries);
  const expiresAt = Math.floor(expires / 1000);
  const settings = { algorithm: ALGORITHM, cost: 1, counter, deriveKey, expiresAt, hmacSignatureSecret: key };
  const { parameters, signature } = await createChallenge(settings);
  return proofOfWork.parse({ parameters: JSON.parse(JSON.stringify(parameters)), signature });
}

/** Returns the challenge in base64. The challenge of the stage contains this text in place of a provider's site key. */
export const toSiteKey = (proof: ProofOfWork): string => Buffer.from(JSON.stringify(proof)).toString('base64');

/** Returns whether a token solves this challenge, and the challenge has not expired. */
export async function isValidSolution(token: string, proof: ProofOfWork, key: string): Promise<boolean> {
  const parsed = solutionToken.safeParse(parseToken(token));
  if (!parsed.success || !secretsEqual(parsed.data.challenge.signature, proof.signature)) return false;
  const challenge = proof as unknown as Parameters<typeof verifySolution>[0]['challenge'];
  const { solution } = parsed.data;
  const { verified } = await verifySolution({ challenge, solution, deriveKey, hmacSignatureSecret: key });
  return verified;
}

function parseToken(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, 'base64').toString());
  } catch {
    return undefined;
  }
}
