import { definePolicy, policyReply } from '@gatehouse/contracts';
import { BusyError } from '@gatehouse/platform';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { policyRequestOf } from '../testing/index.js';
import { Evaluator } from './evaluator.js';
import { type Policy, UndecidedPolicyError } from './policy.js';

const contract = definePolicy({ kind: 'sample', model: 'samples.policy', config: z.object({ n: z.int().default(0) }) });
const asked = (id: string, more: object = {}) => ({
  ...{ id, kind: 'sample', name: `policy ${id}`, config: {}, timeout_ms: 5000 },
  ...more,
});

function evaluate(evaluate: Policy<typeof contract>['evaluate'], given: Parameters<typeof policyRequestOf>[0]) {
  const reports: unknown[] = [];
  const kinds = new Map([['sample', { contract, policy: { evaluate } as Policy }]]);
  const evaluator = new Evaluator(kinds, (_message, error) => void reports.push(error));
  return evaluator.evaluate(policyRequestOf(given)).then((reply) => ({ reply, reports }));
}
const never = () => new Promise<never>(() => undefined);

describe('policies of one question', () => {
  it('each have a result, with what they say', async () => {
    const { reply } = await evaluate(({ name }) => ({ pass: name === 'policy a', messages: [name] }), {
      policies: [asked('a'), asked('b')],
    });
    expect(reply).toEqual({
      results: { a: { pass: true, messages: ['policy a'] }, b: { pass: false, messages: ['policy b'] } },
      context: { set: {}, unset: [] },
    });
    expect(policyReply.parse(reply)).toEqual(reply);
  });

  it('say nothing by a message without a word, whether they decide or not', async () => {
    const messages = ['', ' ', 'no'];
    const undecided = () => Promise.reject(new UndecidedPolicyError('no data', { messages }));
    const { reply } = await evaluate(({ name }) => (name === 'policy a' ? { pass: false, messages } : undecided()), {
      policies: [asked('a'), asked('b')],
    });
    expect(reply.results).toMatchObject({ a: { messages: ['no'] }, b: { messages: ['no'] } });
  });

  it('see what those before them have changed, and the reply says all of it', async () => {
    const seen: unknown[] = [];
    const insert = { where: 'next' as const, steps: [{ kind: 'redirect', config: { to: '/x' } }] };
    const { reply } = await evaluate(
      ({ facts, name }) => {
        seen.push(facts.context);
        facts.change(name === 'policy a' ? { set: { a: 1 }, unset: ['old'], insert } : { set: { b: 2 } });
        return { pass: true };
      },
      {
        policies: [asked('a'), asked('b')],
        flow_plan: { slug: 'login', context: { old: true } },
        context: { given: 1 },
      },
    );
    expect(seen).toEqual([
      { old: true, given: 1 },
      { a: 1, given: 1 },
    ]);
    expect(reply).toMatchObject({ context: { set: { a: 1, b: 2 }, unset: ['old'] }, insert });
  });
});

const UNREACHED = new UndecidedPolicyError('nobody answers', {
  cause: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }),
});

describe('a policy that cannot decide', () => {
  it.each([
    { when: 'it says why', run: () => Promise.reject(new UndecidedPolicyError('no data')), error: /^no data$/ },
    { when: 'whom it asks is away', run: () => Promise.reject(UNREACHED), error: /^nobody answers$/ },
    { when: 'its binding gives it less time', run: never, policy: { timeout_ms: 30 }, error: /longer than 30 ms/ },
    { when: 'its config does not fit', run: never, policy: { config: { n: 'x' } }, error: /config of policy a/ },
    { when: 'nobody knows its kind', run: never, policy: { kind: 'other' }, error: /other are not known/ },
  ])('is an error, and never passes, when $when', async ({ run, policy, error }) => {
    const { reply, reports } = await evaluate(run, { policies: [asked('a', policy)] });
    expect(reply.results).toEqual({ a: { pass: false, messages: [], error: expect.stringMatching(error) } });
    expect(reports).toEqual([]);
  });

  it.each(['flow_plan', 'context'] as const)('says nothing of what was typed into forms, given by %s', async (by) => {
    const context = { prompt_data: { name: 'ann', password: 'annunciata-7', age: 7 } };
    const quoting = () => Promise.reject(new UndecidedPolicyError("invalid literal for int(): 'annunciata-7', 7"));
    const given = by === 'context' ? { context } : { flow_plan: { slug: 'enrol', context } };
    const { reply } = await evaluate(quoting, { policies: [asked('a')], ...given });
    expect(reply.results['a']?.error).toBe("invalid literal for int(): '…', 7");
  });

  it('because of a fault of its own is reported besides', async () => {
    const fault = new Error('broken');
    const { reply, reports } = await evaluate(() => Promise.reject(fault), { policies: [asked('a')] });
    expect(reply.results).toEqual({ a: { pass: false, messages: [], error: 'broken' } });
    expect(reports).toEqual([fault]);
  });

  it('leaves the others their say', async () => {
    const { reply } = await evaluate(({ name }) => (name === 'policy a' ? never() : { pass: true }), {
      policies: [asked('a', { timeout_ms: 20 }), asked('b')],
    });
    expect(reply.results['b']).toEqual({ pass: true, messages: [] });
  });

  it('that takes all the time leaves none for the others, and is told to stop', async () => {
    let stopped = false;
    const { reply } = await evaluate(
      ({ signal }) => {
        signal.addEventListener('abort', () => (stopped = true));
        return never();
      },
      { timeout_ms: 150, policies: [asked('a'), asked('b')] },
    );
    // A timer may be a millisecond early.
    expect([stopped, reply.results['b']?.error]).toEqual([true, expect.stringMatching(/no time left|than 1 ms/)]);
  });
});

it('decides nothing while the house is busy or its database away', async () => {
  for (const error of [new BusyError(), Object.assign(new Error('gone'), { code: 'ECONNREFUSED' })]) {
    const asking = evaluate(() => Promise.reject(error), { policies: [asked('a')] });
    await expect(asking).rejects.toBe(error);
  }
});
