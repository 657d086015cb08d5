import { solveChallenge } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/sha';
import { describe, expect, it } from 'vitest';
import { createProofOfWork, isValidSolution, type ProofOfWork, toSiteKey } from './proof-of-work.js';

const KEY = 'a key of more than thirty-two characters';
const draw = (more: object = {}) => createProofOfWork({ key: KEY, tries: 200, expires: Date.now() + 60_000, ...more });
type Challenge = Parameters<typeof solveChallenge>[0]['challenge'];

async function tokenFor(asked: ProofOfWork, more: object = {}): Promise<string> {
  const challenge = asked as unknown as Challenge;
  const solution = { ...(await solveChallenge({ challenge, deriveKey })), ...more };
  return Buffer.from(JSON.stringify({ challenge, solution })).toString('base64');
}

describe('a proof of work', () => {
  it('is an answer that takes some work, as any solver of the protocol finds it', async () => {
    const asked = await draw();
    expect(await isValidSolution(await tokenFor(asked), asked, KEY)).toBe(true);
  });

  it('is put to the page in the place of a site key', async () => {
    const asked = await draw();
    expect(JSON.parse(Buffer.from(toSiteKey(asked), 'base64').toString())).toEqual(asked);
    expect(asked.parameters).toMatchObject({ algorithm: 'SHA-256', cost: 1, keyPrefix: expect.any(String) });
  });

  it('takes between half of the hashes that it may take and all of them', async () => {
    for (let i = 0; i < 20; i++) {
      const { solution } = JSON.parse(Buffer.from(await tokenFor(await draw({ tries: 40 })), 'base64').toString());
      expect(solution.counter).toBeGreaterThanOrEqual(20);
      expect(solution.counter).toBeLessThan(40);
    }
  });

  it('is no answer to another question, and none without the work', async () => {
    const [asked, other] = [await draw(), await draw()];
    expect(await isValidSolution(await tokenFor(other), asked, KEY)).toBe(false);
    expect(await isValidSolution(await tokenFor(asked, { counter: 0 }), asked, KEY)).toBe(false);
    expect(await isValidSolution(await tokenFor(asked, { derivedKey: '00' }), asked, KEY)).toBe(false);
  });

  it('is none of a question that was made easier, or signed by somebody else', async () => {
    const asked = await draw();
    const easy = { ...asked, parameters: { ...asked.parameters, keyPrefix: '0' } };
    expect(await isValidSolution(await tokenFor(easy), easy, KEY)).toBe(false);
    expect(await isValidSolution(await tokenFor(asked), asked, `${KEY}!`)).toBe(false);
  });

  it('is none after its time', async () => {
    const asked = await draw({ expires: Date.now() - 2000 });
    expect(await isValidSolution(await tokenFor(asked), asked, KEY)).toBe(false);
  });

  it.each(['', 'x', 'bnVsbA==', 'W10=', Buffer.from('{"challenge":{}}').toString('base64')])(
    'is not %j',
    async (token) => {
      expect(await isValidSolution(token, await draw(), KEY)).toBe(false);
    },
  );
});
