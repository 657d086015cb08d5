import type { StageReply } from '@gatehouse/contracts';
import { ALICE, executorHarness, policySetOf } from '@gatehouse/executor/testing';
import type { FlowVersion } from '@gatehouse/plan';
import { flowVersionOf } from '@gatehouse/plan/testing';
import { testContracts as contracts } from '@gatehouse/simulation/testing';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { simulate } from './simulate.js';

const KINDS = ['ident', 'password', 'lax_device', 'page', 'silent', 'login', 'deny'] as const;
const ACTIONS = ['retry', 'restart', 'restart_with_context'] as const;
const set = fc.option(fc.constantFrom('p', 'q'), { nil: undefined });
const flow = fc.record({
  guard: set,
  steps: fc.array(
    fc.record({ kind: fc.constantFrom(...KINDS), onRefusal: fc.constantFrom(...ACTIONS), policies: set, planned: set }),
    { maxLength: 4 },
  ),
});
/** What the stages and policies reply, one after the other. */
const replies = fc.array(fc.nat({ max: 5 }), { maxLength: 24 });

function versionOf({ guard, steps }: typeof flow extends fc.Arbitrary<infer F> ? F : never): FlowVersion {
  const bound = steps.map(({ policies, planned, ...step }, i) => ({
    ...{ ...step, id: `${step.kind}-${i}` },
    ...(policies !== undefined && { policies: policySetOf({ policy: policies }) }),
    ...(planned !== undefined && policies === undefined && { planned: policySetOf({ policy: planned }) }),
  }));
  return flowVersionOf(bound, {}, guard === undefined ? undefined : policySetOf({ policy: guard }));
}

/** Runs a flow in the executor, with arbitrary replies that the contracts allow. Returns how the run ended, if it did. */
async function runFlow(version: FlowVersion, choices: readonly number[]): Promise<string | undefined> {
  let position = 0;
  let isNamed = false;
  const choose = (most: number) => (choices[position++] ?? 0) % most;
  const passed = (kind: string): StageReply => {
    if (kind === 'ident') isNamed = true;
    if (kind === 'ident') return { type: 'passed', context: { pending_user: ALICE } };
    if (kind !== 'login') return { type: 'passed' };
    const rest = {
      backend: 'b',
      duration_s: null,
      bindings: { network: '', geoip: '' },
      terminate_other_sessions: false,
    };
    return isNamed ? { type: 'passed', effects: [{ type: 'login', user: ALICE.uuid, ...rest }] } : { type: 'denied' };
  };
  const judged = (kind: string) => (): StageReply => {
    const rejected: StageReply = { type: 'rejected', errors: {}, challenge: {} };
    if (kind === 'deny') return { type: 'denied' };
    if (kind === 'password' && !isNamed) return rejected;
    return [passed(kind), passed(kind), passed(kind), rejected, { type: 'denied' } as const][choose(5)]!;
  };
  const silent = ['silent', 'login', 'deny'];
  const script = Object.fromEntries(
    KINDS.flatMap((kind) =>
      silent.includes(kind)
        ? [[`${kind}.challenge`, () => withoutRejection(judged(kind)())]]
        : [
            [`${kind}.challenge`, { type: 'challenge', challenge: {} } as const],
            [`${kind}.respond`, judged(kind)],
          ],
    ),
  );
  const harness = executorHarness(version, script);
  harness.contracts.find = (kind) => contracts.find(kind, version);
  harness.policies.replies['p'] = harness.policies.replies['q'] = () => choose(2) === 0;
  for (let visit = 0; visit <= choices.length; visit++) {
    const { result } = visit % 2 === 0 ? await harness.show() : await harness.solve({});
    if (result.type === 'done')
      return harness.plans.savedEffects.some(({ type }) => type === 'login') ? 'login' : 'done';
    // The request has used up its turns. The plan has not ended.
    if (result.type === 'problem') return undefined;
    if (result.type !== 'show') return result.type;
  }
  return undefined;
}

const withoutRejection = (reply: StageReply): StageReply => (reply.type === 'rejected' ? { type: 'denied' } : reply);

it('every end that the executor reaches is the end of a simulated path', async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(flow, replies, async (drawn, choices) => {
      const version = versionOf(drawn);
      const end = await runFlow(version, choices);
      if (end === undefined) return;
      seen.add(end);
      const { paths, isComplete } = simulate({ version, contracts, maxPaths: 100_000 });
      expect(isComplete).toBe(true);
      const ends = paths.map(({ end: { type, ...rest } }) => {
        if (type === 'done' && 'login' in rest && rest.login) return 'login';
        return type === 'refused' ? 'denied' : type;
      });
      expect(ends).toContain(end);
    }),
    { numRuns: 150 },
  );
  expect([...seen].sort()).toEqual(['denied', 'done', 'login']);
});
