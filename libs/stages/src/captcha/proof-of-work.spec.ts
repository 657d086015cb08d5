import { solveChallenge } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/sha';
import { describe, expect, it } from 'vitest';
import { createProofOfWork, isValidSolution, type ProofOfWork, toSiteKey } from './proof-of-work.js';

const KEY = 'a key of more than thirty-two characters';
const createProof = (more: object = {}) =>
  createProofOfWork({ key: KEY, tries: 200, expires: Date.now() + 60_000, ...more });
type Challenge = Parameters<typeof solveChallenge>[0]['challenge'];

async function tokenFor(proof: ProofOfWork, more: object = {}): Promise<string> {
  const challenge = proof as unknown as Challenge;
  const solution = { ...(await solveChallenge({ challenge, deriveKey })), ...more };
  return Buffer.from(JSON.stringify({ challenge, solution })).toString('base64');
}

describe('a proof of work', () => {
  it('is solved by a solver of the ALTCHA protocol', async () => {
    const proof = await createProof();
    expect(await isValidSolution(await tokenFor(proof), proof, KEY)).toBe(true);
  });

  it('is encoded as base64 JSON in place of the site key', async () => {
    const proof = await createProof();
    expect(JSON.parse(Buffer.from(toSiteKey(proof), 'base64').toString())).toEqual(proof);
    expect(proof.parameters).toMatchObject({ algorithm: 'SHA-256', cost: 1, keyPrefix: expect.any(String) });
  });

  it('needs from half of the configured number of hashes to all of them', async () => {
    for (let i = 0; i < 20; i++) {
      const { solution } = JSON.parse(
        Buffer.from(await tokenFor(await createProof({ tries: 40 })), 'base64').toString(),
      );
      expect(solution.counter).toBeGreaterThanOrEqual(20);
      expect(solution.counter).toBeLessThan(40);
    }
  });

  it('is not solved by a solution of another challenge, or by a wrong counter or key', async () => {
    const [proof, other] = [await createProof(), await createProof()];
    expect(await isValidSolution(await tokenFor(other), proof, KEY)).toBe(false);
    expect(await isValidSolution(await tokenFor(proof, { counter: 0 }), proof, KEY)).toBe(false);
    expect(await isValidSolution(await tokenFor(proof, { derivedKey: '00' }), proof, KEY)).toBe(false);
  });

  it('is not solved if the challenge was changed or signed with another key', async () => {
    const proof = await createProof();
    const changed = { ...proof, parameters: { ...proof.parameters, keyPrefix: '0' } };
    expect(await isValidSolution(await tokenFor(changed), changed, KEY)).toBe(false);
    expect(await isValidSolution(await tokenFor(proof), proof, `${KEY}!`)).toBe(false);
  });

  it('is not solved after it has expired', async () => {
    const proof = await createProof({ expires: Date.now() - 2000 });
    expect(await isValidSolution(await tokenFor(proof), proof, KEY)).toBe(false);
  });

  it.each(['', 'x', 'bnVsbA==', 'W10=', Buffer.from('{"challenge":{}}').toString('base64')])(
    'is not solved by the malformed token %j',
    async (token) => {
      expect(await isValidSolution(token, await createProof(), KEY)).toBe(false);
    },
  );
});
