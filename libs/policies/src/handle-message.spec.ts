import { definePolicy } from '@gatehouse/contracts';
import { ConcurrencyLimiter } from '@gatehouse/platform';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { policyRequestOf } from '../testing/index.js';
import { Evaluator } from './evaluator.js';
import { handlePolicyMessage } from './handle-message.js';
import type { Policy } from './policy.js';

const contract = definePolicy({ kind: 'sample', model: 'samples.policy', config: z.object({}) });
const policies = [{ id: 'a', kind: 'sample', name: 'a', config: {}, timeout_ms: 5000 }];

function deskOf(evaluate: Policy['evaluate'], bounded = new ConcurrencyLimiter(1, 1)) {
  const reports: unknown[] = [];
  const evaluator = new Evaluator(new Map([['sample', { contract, policy: { evaluate } }]]));
  return { evaluator, bounded, reports, report: (_message: string, error: unknown) => void reports.push(error) };
}

it('answers what is no question as such', async () => {
  for (const body of [undefined, {}, { ...policyRequestOf(), v: 2 }]) {
    const reply = await handlePolicyMessage(
      body,
      deskOf(() => expect.unreachable()),
    );
    expect(reply).toMatchObject({ problem: { code: 'stage_bad_request' } });
  }
});

it('says at once that it is busy when enough questions wait', async () => {
  let release = () => undefined as unknown;
  const gate = new Promise<void>((resolve) => (release = resolve));
  const desk = deskOf(() => gate.then(() => ({ pass: true })));
  const body = policyRequestOf({ policies });
  const waiting = [handlePolicyMessage(body, desk), handlePolicyMessage(body, desk)];
  expect(await handlePolicyMessage(body, desk)).toEqual({ problem: { code: 'stage_busy', retry_after_s: 1 } });
  release();
  for (const reply of await Promise.all(waiting)) expect(reply).toMatchObject({ results: { a: { pass: true } } });
});

it('does not begin what nobody waits for', async () => {
  const reply = await handlePolicyMessage(
    policyRequestOf({ policies, timeout_ms: 0 }),
    deskOf(() => expect.unreachable()),
  );
  expect(reply).toEqual({ problem: { code: 'stage_busy', retry_after_s: 1 } });
});

it('says that it is busy while its database is away', async () => {
  const desk = deskOf(() => Promise.reject(Object.assign(new Error('gone'), { code: 'ECONNREFUSED' })));
  expect(await handlePolicyMessage(policyRequestOf({ policies }), desk)).toMatchObject({
    problem: { code: 'stage_busy' },
  });
  expect(desk.reports).toEqual([]);
});
