import { definePolicy, policyReply } from '@gatehouse/contracts';
import { BusyError } from '@gatehouse/platform';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { policyRequestOf } from '../testing/index.js';
import { Evaluator } from './evaluator.js';
import { type Policy, UndecidedPolicyError } from './policy.js';

const contract = definePolicy({ kind: 'sample', model: 'samples.policy', config: z.object({ n: z.int().default(0) }) });
const requestedPolicy = (id: string, overrides: object = {}) => ({
  ...{ id, kind: 'sample', name: `policy ${id}`, config: {}, timeout_ms: 5000 },
  ...overrides,
});

function evaluate(evaluate: Policy<typeof contract>['evaluate'], overrides: Parameters<typeof policyRequestOf>[0]) {
  const reports: unknown[] = [];
  const kinds = new Map([['sample', { contract, policy: { evaluate } as Policy }]]);
  const evaluator = new Evaluator(kinds, ({ error }) => void reports.push(error));
  return evaluator.evaluate(policyRequestOf(overrides)).then((reply) => ({ reply, reports }));
}
const never = () => new Promise<never>(() => undefined);

describe('the policies of a request', () => {
  it('each get a result of their own, with messages', async () => {
    const { reply } = await evaluate(({ name }) => ({ pass: name === 'policy a', messages: [name] }), {
      policies: [requestedPolicy('a'), requestedPolicy('b')],
    });
    expect(reply).toEqual({
      results: { a: { pass: true, messages: ['policy a'] }, b: { pass: false, messages: ['policy b'] } },
      context: { set: {}, unset: [] },
    });
    expect(policyReply.parse(reply)).toEqual(reply);
  });

  it('return no blank messages, whether they decide or are undecided', async () => {
    const messages = ['', ' ', 'no'];
    const undecided = () => Promise.reject(new UndecidedPolicyError('no data', { messages }));
    const { reply } = await evaluate(({ name }) => (name === 'policy a' ? { pass: false, messages } : undecided()), {
      policies: [requestedPolicy('a'), requestedPolicy('b')],
    });
    expect(reply.results).toMatchObject({ a: { messages: ['no'] }, b: { messages: ['no'] } });
  });

  it('see the changes of earlier policies, and the reply has all changes', async () => {
    const seen: unknown[] = [];
    const insert = { where: 'next' as const, steps: [{ kind: 'redirect', config: { to: '/x' } }] };
    const { reply } = await evaluate(
      ({ facts, name }) => {
        seen.push(facts.context);
        facts.change(name === 'policy a' ? { set: { a: 1 }, unset: ['old'], insert } : { set: { b: 2 } });
        return { pass: true };
      },
      {
        policies: [requestedPolicy('a'), requestedPolicy('b')],
        flow_plan: { slug: 'login', context: { old: true } },
        context: { extra: 1 },
      },
    );
    expect(seen).toEqual([
      { old: true, extra: 1 },
      { a: 1, extra: 1 },
    ]);
    expect(reply).toMatchObject({ context: { set: { a: 1, b: 2 }, unset: ['old'] }, insert });
  });
});

const SERVER_UNREACHABLE = new UndecidedPolicyError('the server is down', {
  cause: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }),
});

describe('a policy that fails', () => {
  it.each([
    {
      when: 'it throws UndecidedPolicyError',
      run: () => Promise.reject(new UndecidedPolicyError('no data')),
      error: /^no data$/,
    },
    { when: 'its server is unreachable', run: () => Promise.reject(SERVER_UNREACHABLE), error: /^the server is down$/ },
    { when: 'its binding has a shorter timeout', run: never, policy: { timeout_ms: 30 }, error: /longer than 30 ms/ },
    { when: 'its config is invalid', run: never, policy: { config: { n: 'x' } }, error: /config of policy a/ },
    { when: 'its kind is unknown', run: never, policy: { kind: 'other' }, error: /kind other is unknown/ },
  ])('does not pass and has an error in its result when $when', async ({ run, policy, error }) => {
    const { reply, reports } = await evaluate(run, { policies: [requestedPolicy('a', policy)] });
    expect(reply.results).toEqual({ a: { pass: false, messages: [], error: expect.stringMatching(error) } });
    expect(reports).toEqual([]);
  });

  it.each(['flow_plan', 'context'] as const)('does not repeat the prompt values of %s in its error', async (source) => {
    const context = { prompt_data: { name: 'ann', password: 'annunciata-7', age: 7 } };
    const quoting = () => Promise.reject(new UndecidedPolicyError("invalid literal for int(): 'annunciata-7', 7"));
    const overrides = source === 'context' ? { context } : { flow_plan: { slug: 'enrol', context } };
    const { reply } = await evaluate(quoting, { policies: [requestedPolicy('a')], ...overrides });
    expect(reply.results['a']?.error).toBe("invalid literal for int(): '…', 7");
  });

  it('is reported to the log if it throws any error but UndecidedPolicyError', async () => {
    const fault = new Error('broken');
    const { reply, reports } = await evaluate(() => Promise.reject(fault), { policies: [requestedPolicy('a')] });
    expect(reply.results).toEqual({ a: { pass: false, messages: [], error: 'broken' } });
    expect(reports).toMatchObject([{ type: 'Error', message: fault.message }]);
  });

  it('does not prevent the evaluation of the other policies', async () => {
    const { reply } = await evaluate(({ name }) => (name === 'policy a' ? never() : { pass: true }), {
      policies: [requestedPolicy('a', { timeout_ms: 20 }), requestedPolicy('b')],
    });
    expect(reply.results['b']).toEqual({ pass: true, messages: [] });
  });

  it('is aborted at the time limit of the request, and the remaining policies get an error', async () => {
    let stopped = false;
    const { reply } = await evaluate(
      ({ signal }) => {
        signal.addEventListener('abort', () => (stopped = true));
        return never();
      },
      { timeout_ms: 150, policies: [requestedPolicy('a'), requestedPolicy('b')] },
    );
    // A timer may fire a millisecond too early. Then the second policy still has a millisecond, and takes too long.
    expect([stopped, reply.results['b']?.error]).toEqual([true, expect.stringMatching(/no time was left|than 1 ms/)]);
  });
});

it('the evaluator throws while the service is busy or Postgres is unavailable', async () => {
  for (const error of [new BusyError(), Object.assign(new Error('gone'), { code: 'ECONNREFUSED' })]) {
    const evaluating = evaluate(() => Promise.reject(error), { policies: [requestedPolicy('a')] });
    await expect(evaluating).rejects.toBe(error);
  }
});
