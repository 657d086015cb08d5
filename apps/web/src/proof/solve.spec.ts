import { createChallenge, verifySolution } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/sha';
import { expect, it } from 'vitest';
import { solve } from './solve.js';

it.each([0, 1, 255, 256, 4321])('solve finds the counter %i, and the server accepts the solution', async (counter) => {
  const settings = { algorithm: 'SHA-256', cost: 1, counter, deriveKey, hmacSignatureSecret: 'hush' };
  const challenge = await createChallenge(settings);
  const solution = solve(challenge.parameters);
  expect(solution.counter).toBe(counter);
  const { verified } = await verifySolution({ challenge, solution, deriveKey, hmacSignatureSecret: 'hush' });
  expect(verified).toBe(true);
});
