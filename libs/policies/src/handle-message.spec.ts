import { definePolicy, policyReply, stageProblem } from '@gatehouse/contracts';
import { ConcurrencyLimiter } from '@gatehouse/platform';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { policyRequestOf } from '../testing/index.js';
import { Evaluator } from './evaluator.js';
import { encodePolicyReply, handlePolicyMessage } from './handle-message.js';
import type { Policy } from './policy.js';

const contract = definePolicy({ kind: 'sample', model: 'samples.policy', config: z.object({}) });
const policies = [{ id: 'a', kind: 'sample', name: 'a', config: {}, timeout_ms: 5000 }];

function dependenciesOf(evaluate: Policy['evaluate'], limiter = new ConcurrencyLimiter(1, 1, 'policy')) {
  const reports: unknown[] = [];
  const evaluator = new Evaluator(new Map([['sample', { contract, policy: { evaluate } }]]));
  return { evaluator, limiter, reports, report: (error: unknown) => void reports.push(error) };
}

it('the policy service returns stage_bad_request for an invalid request', async () => {
  for (const body of [undefined, {}, { ...policyRequestOf(), v: 2 }]) {
    const reply = await handlePolicyMessage(
      body,
      dependenciesOf(() => expect.unreachable()),
    );
    expect(reply).toMatchObject({ problem: { code: 'stage_bad_request' } });
  }
});

it('the policy service returns stage_busy at once if its queue is full', async () => {
  let release = () => undefined as unknown;
  const gate = new Promise<void>((resolve) => (release = resolve));
  const dependencies = dependenciesOf(() => gate.then(() => ({ pass: true })));
  const body = policyRequestOf({ policies });
  const waiting = [handlePolicyMessage(body, dependencies), handlePolicyMessage(body, dependencies)];
  expect(await handlePolicyMessage(body, dependencies)).toEqual({ problem: { code: 'stage_busy', retry_after_s: 1 } });
  release();
  for (const reply of await Promise.all(waiting)) expect(reply).toMatchObject({ results: { a: { pass: true } } });
});

it('the policy service does not evaluate a request whose time limit is over', async () => {
  const reply = await handlePolicyMessage(
    policyRequestOf({ policies, timeout_ms: 0 }),
    dependenciesOf(() => expect.unreachable()),
  );
  expect(reply).toEqual({ problem: { code: 'stage_busy', retry_after_s: 1 } });
});

it('the policy service returns stage_busy while Postgres is unavailable', async () => {
  const dependencies = dependenciesOf(() => Promise.reject(Object.assign(new Error('gone'), { code: 'ECONNREFUSED' })));
  expect(await handlePolicyMessage(policyRequestOf({ policies }), dependencies)).toMatchObject({
    problem: { code: 'stage_busy' },
  });
  expect(dependencies.reports).toEqual([]);
});

const reply = policyReply.parse({ results: { p: { pass: true, messages: ['ü'] } } });
const size = Buffer.byteLength(JSON.stringify(reply));

it('encodePolicyReply encodes a reply of exactly the largest size', () => {
  expect(policyReply.parse(JSON.parse(encodePolicyReply(reply, size).toString()))).toEqual(reply);
});

it('encodePolicyReply replaces a reply above the size limit by a stage_fault', () => {
  const { problem } = stageProblem.parse(JSON.parse(encodePolicyReply(reply, size - 1).toString()));
  expect(problem).toEqual({
    code: 'stage_fault',
    detail: `the reply has ${size} bytes, but at most ${size - 1} are allowed`,
  });
});

it.each([129, 100_000])(
  'encodePolicyReply replaces a reply of %i levels by a stage_fault, so that the gateway does not wait',
  (levels) => {
    const nested: unknown = JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`);
    const deep = { results: {}, context: { set: { nested }, unset: [] } };
    const { problem } = stageProblem.parse(JSON.parse(encodePolicyReply(deep, 1_000_000).toString()));
    expect(problem).toEqual({ code: 'stage_fault', detail: 'the reply has more than 128 levels' });
  },
);
