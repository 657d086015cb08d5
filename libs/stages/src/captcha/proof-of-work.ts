import { randomInt } from 'node:crypto';
import { secretsEqual } from '@gatehouse/platform';
import { createChallenge, verifySolution } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/sha';
import { z } from 'zod';
import { proofOfWork } from './captcha.contract.js';

/** A question that takes some work to answer, signed. */
export type ProofOfWork = z.output<typeof proofOfWork>;

const ALGORITHM = 'SHA-256';

const solved = z.object({
  challenge: z.object({ parameters: z.looseObject({}), signature: z.string() }),
  solution: z.object({ counter: z.int().min(0), derivedKey: z.string().max(128) }),
});

interface ProofOptions {
  readonly key: string;
  /** Hashes at most. */
  readonly tries: number;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

/** A fresh question in the form of ALTCHA's second protocol: which counter, hashed with this salt, begins like this? */
export async function createProofOfWork({ key, tries, expires }: ProofOptions): Promise<ProofOfWork> {
  const counter = randomInt(Math.floor(tries / 2), tries);
  const expiresAt = Math.floor(expires / 1000);
  const settings = { algorithm: ALGORITHM, cost: 1, counter, deriveKey, expiresAt, hmacSignatureSecret: key };
  const { parameters, signature } = await createChallenge(settings);
  return proofOfWork.parse({ parameters: JSON.parse(JSON.stringify(parameters)), signature });
}

/** A question as the page's script takes it, in the place of a provider's site key. */
export const toSiteKey = (asked: ProofOfWork): string => Buffer.from(JSON.stringify(asked)).toString('base64');

/** Whether a token answers exactly this question, which has not expired. */
export async function isValidSolution(token: string, asked: ProofOfWork, key: string): Promise<boolean> {
  const given = solved.safeParse(jsonIn(token));
  if (!given.success || !secretsEqual(given.data.challenge.signature, asked.signature)) return false;
  const challenge = asked as unknown as Parameters<typeof verifySolution>[0]['challenge'];
  const { solution } = given.data;
  const { verified } = await verifySolution({ challenge, solution, deriveKey, hmacSignatureSecret: key });
  return verified;
}

function jsonIn(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, 'base64').toString());
  } catch {
    return undefined;
  }
}
