import { type ApiVersion, DEFAULT_API_VERSION } from '@gatehouse/contracts';
import { WorkPause } from '@gatehouse/platform';
import {
  type Fact,
  type FoundLogin,
  type Simulation,
  type SimulationOptions,
  simulateInSlices,
} from '@gatehouse/simulation';
import { builtInContracts } from '../built-in-models.js';
import { FlowCompiler } from '../compile.js';
import { simulatedContracts } from '../simulated-contracts.js';
import { type LintRemark, logsAnonymousIn } from './flow-rules.js';
import type { LintDraft } from './lint-draft.js';
import type { LintedFlow } from './linted-flow.js';
import { isWhole } from './whole-flow.js';

/** Largest number of states that the simulation of one flow visits. */
const MAX_STATES = 2000;
/** Largest number of answers that the simulations of all flows assume together. */
const MAX_ANSWERS = 50_000;

/**
 * Flows with more steps or conditions are not simulated. The time of a simulation grows with the cube of the number of
 * steps.
 */
const MAX_STEPS = 200;
const MAX_CONDITIONS = 200;

/** A secret box without a key. Secrets do not change the paths of a flow. */
const NO_SECRETS = { seal: () => '' };

/**
 * Returns the simulations of the flows that are completely described in the files and not too large, by the id of the
 * flow (docs/spec/simulation.md). Pauses from time to time, so that the process can handle other requests in between.
 */
export async function walkedFlows(
  flows: readonly LintedFlow[],
  draft: LintDraft,
  {
    maxPaths = 1,
    line = DEFAULT_API_VERSION,
  }: { readonly maxPaths?: number; readonly line?: ApiVersion | undefined } = {},
): Promise<ReadonlyMap<string, Simulation>> {
  const compiler = new FlowCompiler(draft, builtInContracts, NO_SECRETS);
  const whole = flows.filter((flow) => isSmall(flow) && isWhole(flow, draft));
  const limits = { maxPaths, maxStates: MAX_STATES, maxAnswers: Math.ceil(MAX_ANSWERS / whole.length) };
  const walks = new Map<string, Simulation>();
  for (const { flow } of whole) {
    const version = compiler.compile(flow);
    walks.set(flow.id, await simulateWithPauses({ version, contracts: simulatedContracts, line, ...limits }));
  }
  return walks;
}

const isSmall = ({ conditions, steps }: LintedFlow): boolean =>
  steps.length <= MAX_STEPS &&
  steps.reduce((sum, step) => sum + step.conditions.length, conditions.length) <= MAX_CONDITIONS;

async function simulateWithPauses(options: SimulationOptions): Promise<Simulation> {
  const pause = new WorkPause();
  const work = simulateInSlices(options);
  let slice = work.next();
  while (!slice.done) {
    await pause.take();
    slice = work.next();
  }
  return slice.value;
}

/** Returns the remarks that the simulation of a flow adds to the other remarks about it. */
export function walkRemarks(flow: LintedFlow, walk: Simulation, others: readonly LintRemark[]): LintRemark[] {
  const rules = new Set(others.map(({ rule }) => rule));
  return [
    ...(rules.has('unconditional-deny') || mayContinueOtherwise(flow, walk) ? [] : blockedSteps(walk)),
    ...(rules.has('login-without-credential') || rules.has('login-by-policy-only') || !logsAnonymousIn(flow)
      ? []
      : walk.loginsWithoutFactor.slice(0, 1).map(openLogin)),
  ];
}

/**
 * Whether a policy, or the way in which the flow is started, may provide facts that the simulation does not know, and
 * without which a stage refuses.
 */
const mayContinueOtherwise = ({ flow, steps }: LintedFlow, { changingPolicies }: Simulation): boolean =>
  changingPolicies.length > 0 ||
  // Such a flow can get its user from a requirement in the query (docs/spec/executor.md#requirement), from a link, or from
  // the flow that redirects to it.
  (['require_authenticated', 'require_redirect', 'require_token'].includes(String(flow.values['authentication'])) &&
    steps.some(({ contract }) => contract?.effects.includes('login') === true)) ||
  steps.some(({ contract }) => Object.values(contract?.reads ?? {}).includes('required'));

/**
 * Steps before a dead end are dead ends too, and steps after it are never reached. So only the last dead end is
 * reported.
 */
function blockedSteps({ neverReached, deadEnds }: Simulation): LintRemark[] {
  const blocked = deadEnds.slice(-1).map(({ id, name }) => ({
    rule: 'dead-end' as const,
    objectId: id,
    text: `no path leads from the stage ${name} to the end of the flow`,
  }));
  if (blocked.length > 0) return blocked;
  return neverReached.map(({ id, name }) => ({
    rule: 'never-reached' as const,
    objectId: id,
    text: `no path of the flow reaches the stage ${name}`,
  }));
}

const openLogin = ({ step, facts }: FoundLogin): LintRemark => ({
  rule: 'login-without-factor',
  objectId: step.id,
  text: `the stage ${step.name} logs users in who have proved nothing, if ${[...new Set(facts.flatMap(conditionOf))].join(' and ')}`,
});

function conditionOf({ question, answer }: Fact): string[] {
  if (question.type === 'policy')
    return [`the policy ${question.policy.name} ${answer === 'pass' ? 'passes' : 'fails'}`];
  if (question.type === 'group' || question.type === 'user')
    return [
      `the user is ${answer === 'yes' ? '' : 'not '}${question.type === 'group' ? 'in a bound group' : 'a bound user'}`,
    ];
  if (question.type === 'stage' && answer !== 'passed') return [`the outcome of ${question.step.name} is ${answer}`];
  return [];
}
