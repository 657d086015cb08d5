import { API_VERSIONS, type ApiVersion, type StageReply, type StageRequest } from '@gatehouse/contracts';
import { ALICE, executorHarness, LOGIN_REPLY, policySetOf } from '@gatehouse/executor/testing';
import type { FlowVersion } from '@gatehouse/plan';
import { flowVersionOf } from '@gatehouse/plan/testing';
import { testContracts as contracts } from '@gatehouse/simulation/testing';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ListedEnd } from './path-list.js';
import { type Simulation, simulate } from './simulate.js';

const NO_STAFF = 'no staff';
const ACTIONS = ['retry', 'restart', 'restart_with_context'] as const;
/** A policy, or the condition that the user is in no group. */
const policies = fc.option(fc.constantFrom('p', 'q', NO_STAFF), { nil: undefined });
const stepOf = (...kinds: string[]) =>
  fc.record({ kind: fc.constantFrom(...kinds), onRefusal: fc.constantFrom(...ACTIONS), policies, planned: policies });
const anyStep = stepOf('ident', 'password', 'lax_device', 'page', 'silent', 'deny', 'login');
const flow = fc.record({
  line: fc.constantFrom(...API_VERSIONS),
  authentication: fc.constantFrom('none', 'require_unauthenticated', 'require_authenticated'),
  guard: policies,
  steps: fc.oneof(
    fc.array(anyStep, { maxLength: 4 }),
    fc.tuple(stepOf('ident'), anyStep, anyStep, stepOf('login')),
    fc.tuple(stepOf('ident'), stepOf('password'), stepOf('lax_device'), stepOf('login')),
  ),
});

/**
 * Numbers that choose the replies of stages and policies, one after the other. After the last number, everything
 * passes.
 */
const choices = fc.array(fc.nat({ max: 4 }), { maxLength: 24 });

type Drawn<T> = T extends fc.Arbitrary<infer F> ? F : never;

const setOf = (name: string) => policySetOf(name === NO_STAFF ? { group: 'staff', negate: true } : { policy: name });

function versionOf({ authentication, guard, steps }: Omit<Drawn<typeof flow>, 'line'>): FlowVersion {
  const bound = steps.map(({ kind, onRefusal, policies: late, planned }, i) => ({
    ...{ kind, onRefusal, id: `${kind}-${i}` },
    ...(late !== undefined && { policies: setOf(late) }),
    ...(planned !== undefined && late === undefined && { planned: setOf(planned) }),
  }));
  const version = flowVersionOf(bound, {}, guard === undefined ? undefined : setOf(guard));
  return { ...version, flow: { ...version.flow, authentication } };
}

const DENIED: StageReply = { type: 'denied' };
const REJECTED: StageReply = { type: 'rejected', errors: {}, challenge: {} };
const PASSED: Readonly<Record<string, StageReply>> = {
  ident: { type: 'passed', context: { pending_user: ALICE } },
  login: LOGIN_REPLY,
};

const EMPTY = versionOf({ authentication: 'none', guard: undefined, steps: [] });

/** Returns a reply that the stage's contract allows. The choices 0 to 2 pass. */
function replyTo({ step, context }: StageRequest, choice: number): StageReply {
  const kind = step.id.replace(/-\d+$/, '');
  if (kind === 'deny') return DENIED;
  const hasChallenge = contracts.find(kind, EMPTY)?.component !== undefined;
  const rejection = hasChallenge ? REJECTED : DENIED;
  const needsUser = ['password', 'lax_device', 'login'].includes(kind);
  if (needsUser && context.pending_user === undefined) return rejection;
  return [undefined, undefined, undefined, rejection, DENIED][choice] ?? PASSED[kind] ?? { type: 'passed' };
}

/** How a run ended, and the steps in the trail of its plan with their outcomes. */
interface Run {
  readonly end: 'login' | 'done' | 'denied' | 'waits';
  readonly trail: readonly string[];
  /** Factors of all steps that passed, also of those before a restart. */
  readonly factors: readonly string[];
}

/**
 * Runs a flow in the real executor. Returns `undefined` if a request used up its step budget, so that the plan has not
 * ended.
 */
async function runFlow(version: FlowVersion, line: ApiVersion, drawn: readonly number[]): Promise<Run | undefined> {
  let position = 0;
  const choose = () => drawn[position++] ?? 0;
  const judge = (request: StageRequest) => replyTo(request, choose());
  const script = Object.fromEntries(
    version.steps.flatMap(({ stage: { kind } }) =>
      contracts.find(kind, version)?.component === undefined || kind === 'deny'
        ? [[`${kind}.challenge`, judge]]
        : [
            [`${kind}.challenge`, { type: 'challenge', challenge: {} } as const],
            [`${kind}.respond`, judge],
          ],
    ),
  );
  const harness = executorHarness(version, script, { apiVersion: line });
  harness.contracts.find = (kind) => contracts.find(kind, version);
  harness.policies.replies['p'] = harness.policies.replies['q'] = () => choose() % 2 === 0;
  let type = 'show';
  let isLogin = false;
  // Two requests for each choice and each step are enough to end the run, unless a step rejects every answer.
  for (let visit = 0; visit < 2 * (drawn.length + version.steps.length) + 2 && type === 'show'; visit++) {
    const { result, effects } = await (visit % 2 === 0 ? harness.show() : harness.solve({}));
    if (result.type === 'problem') {
      if (/^more than \d+ turns/.test(result.problem.detail?.text ?? '')) return undefined;
      throw result.problem;
    }
    type = result.type;
    isLogin ||= effects.isLogin;
  }
  expect(harness.violations).toEqual([]);
  const end = type === 'show' ? 'waits' : type === 'done' && isLogin ? 'login' : type;
  const entries = harness.plans.plan?.trail ?? [];
  const passed = entries.filter(({ outcome }) => outcome === 'passed').map(({ step }) => step);
  const factors = passed.flatMap((id) => (id.startsWith('password') ? 'first' : id.startsWith('lax') ? 'further' : []));
  return { end: end as Run['end'], trail: entries.map(({ step, outcome }) => `${step} ${outcome}`), factors };
}

/**
 * Whether the simulated end is the end of the run. The path may have fewer factors than the run, because a restart
 * drops those before it.
 */
function isEndOf({ end, factors }: Run, listed: ListedEnd): boolean {
  switch (listed.type) {
    case 'done':
      if (end !== 'login') return end === 'done' && listed.login === undefined;
      return listed.login?.proofs.every((proof) => factors.includes(proof)) === true;
    case 'denied':
    case 'refused':
      return end === 'denied';
    case 'waits':
    case 'repeats':
      return end === 'waits';
    default:
      return false;
  }
}

const visitsOf = ({ paths }: Simulation) =>
  paths.flatMap(({ edges }) =>
    edges.flatMap(({ visits }) =>
      visits.map(({ step, outcome }) => `${step.id} ${outcome === 'without_credential' ? 'passed' : outcome}`),
    ),
  );

it('the simulation contains every end and every step outcome that the executor reaches in random flows', async () => {
  const seen: Record<string, number> = {};
  await fc.assert(
    fc.asyncProperty(flow, choices, async (drawn, made) => {
      const version = versionOf(drawn);
      const { line } = drawn;
      const run = await runFlow(version, line, made);
      seen[run?.end ?? 'unfinished'] = (seen[run?.end ?? 'unfinished'] ?? 0) + 1;
      if (!run) return;
      const simulation = simulate({ version, contracts, line, maxPaths: 100_000 });
      expect(simulation.isComplete).toBe(true);
      expect(simulation.paths.some(({ end }) => isEndOf(run, end))).toBe(true);
      expect(visitsOf(simulation)).toEqual(expect.arrayContaining([...run.trail]));
    }),
    { numRuns: 150, seed: 85, endOnFailure: true },
  );
  expect(Object.keys(seen).sort()).toEqual(['denied', 'done', 'login', 'waits']);
});
