import { type ApiVersion, DEFAULT_API_VERSION } from '@gatehouse/contracts';
import {
  advance,
  applySeed,
  currentStep,
  enterStep,
  type FlowVersion,
  isApplicable,
  isComparisonUnproved,
  isProofMissing,
  MAX_SILENT_RESTARTS,
  meetsRequirement,
  nextProofStep,
  type PlanSeed,
  pendingPolicies,
  planFlow,
  restartPlan,
  runsStep,
  type Step,
} from '@gatehouse/plan';
import type { Ask } from './branches.js';
import type { ContractLookup } from './contract-lookup.js';
import type { PathEnd } from './path-end.js';
import { type JudgedSet, type Judgement, judge, judgedUser, policiesOf } from './policy-questions.js';
import type { PolicyReference, Question, StepReference, Visitor } from './question.js';
import { stageOutcomes } from './stage-outcomes.js';
import { initialState, type WalkState } from './walk-state.js';
import {
  ARRIVAL,
  afterOutcome,
  CHALLENGE,
  finish,
  referenceTo,
  requirementFacts,
  visitorsOf,
  withRecentProof,
} from './walk-steps.js';

/**
 * What happened at a step: the name of the stage's outcome, or that the step was skipped, or deferred until a proof.
 */
export interface Visit {
  readonly step: StepReference;
  readonly outcome: string;
}

/** The result of one move, which is a step of the executor through the flow: the next state, or the end of the path. */
export interface Move {
  readonly visits: readonly Visit[];
  readonly to: WalkState | PathEnd;
}

/** The flow version to walk through, and the contracts of its stages. */
export interface WalkedVersion {
  readonly version: FlowVersion;
  readonly contracts: ContractLookup;
  /** Facts with which the plan starts. */
  readonly seed?: PlanSeed | undefined;
  /** The API line whose rules apply. Default: DEFAULT_API_VERSION. */
  readonly line?: ApiVersion;
}

/**
 * Moves a plan through a flow as the executor does, with the same functions. Where the executor would call a stage, a
 * policy or the database, it calls `ask`.
 */
export class FlowWalker {
  private readonly policies: ReadonlyMap<string, PolicyReference>;
  private readonly line: ApiVersion;

  constructor(private readonly walked: WalkedVersion) {
    this.policies = policiesOf(walked.version, walked.contracts);
    this.line = walked.line ?? DEFAULT_API_VERSION;
  }

  /** Makes the first move of a path: asks who opens the flow, and plans the flow for that visitor. */
  start(ask: Ask): Move {
    const { version, seed } = this.walked;
    const visitor = ask({ type: 'visitor', answers: visitorsOf(version) }) as Visitor;
    const state = initialState(version, visitor);
    if (!meetsRequirement(version.flow.authentication, requirementFacts(state), ARRIVAL))
      return { visits: [], to: { type: 'refused', by: 'requirement' } };
    return this.plan(seed ? { ...state, plan: applySeed(state.plan, seed) } : state, ask);
  }

  /** Decides the policies of the current step or, if they are decided, takes an outcome of its stage. */
  move(state: WalkState, ask: Ask): Move {
    const { version } = this.walked;
    const step = currentStep(state.plan, version);
    if (!step) return { visits: [], to: finish(state.plan) };
    if (pendingPolicies(state.plan, step)) return this.decide(state, step, ask);
    return this.proofBefore(state, step, ask) ?? this.askStage(state, step, ask);
  }

  private plan(before: WalkState, ask: Ask): Move {
    const { version } = this.walked;
    let state = before;
    const visits: Visit[] = [];
    const planning = planFlow(version, state.plan);
    let next = planning.next();
    while (!next.done) {
      const { plan, set, kind, insertAt } = next.value;
      const bound = kind === undefined ? undefined : version.steps.find(({ id }) => id === insertAt.id);
      const step = bound && { id: bound.id, name: bound.stage.name, stage: bound.stage.id, kind: bound.stage.kind };
      const { verdict, state: judged } = this.judge({ set, step }, { ...state, plan }, ask);
      state = judged;
      const pass = step ? this.runs(step, verdict) : verdict.pass;
      if (step && !pass) visits.push({ step, outcome: 'skipped' });
      next = planning.next({ ...verdict, pass, plan });
    }
    if ('refused' in next.value) return { visits, to: { type: 'refused', by: 'policies' } };
    return { visits, to: { ...state, plan: next.value.plan } };
  }

  private decide(state: WalkState, step: Step, ask: Ask): Move {
    const set = step.policies!;
    const { verdict, state: judged } = this.judge({ set, step: referenceTo(step) }, state, ask);
    const pass = this.runs(step, verdict);
    const plan = enterStep(judged.plan, step, { ...verdict, pass });
    return {
      visits: pass ? [] : [{ step: referenceTo(step), outcome: 'skipped' }],
      to: { ...judged, plan },
    };
  }

  private judge(asked: JudgedSet, state: WalkState, ask: Ask): Judgement {
    return judge(asked, state, { policies: this.policies, line: this.line, ask });
  }

  private runs({ kind }: Pick<Step, 'kind'>, verdict: Parameters<typeof runsStep>[0]): boolean {
    const { version, contracts } = this.walked;
    return runsStep(verdict, contracts.find(kind, version)?.grants ?? false);
  }

  /** Inserts a proof step before a step that changes or compares credentials, if a proof is missing. */
  private proofBefore(before: WalkState, step: Step, ask: Ask): Move | undefined {
    const { version, contracts } = this.walked;
    const user = judgedUser(before);
    const change = { config: step.config, context: before.plan.context, user };
    const contract = contracts.find(step.kind, version);
    const changes = contract?.changes_credentials?.(change) === true;
    const compares = contract?.compares_credentials?.(step.config) === true;
    if (!changes && !compares) return undefined;
    const state = withRecentProof(before, ask);
    const session = { sessionUser: state.sessionUser, recentlyProved: state.recentlyProved ?? false };
    const isMissing =
      (changes && isProofMissing(state.plan, user, session)) || (compares && isComparisonUnproved(state.plan, session));
    if (!isMissing) return undefined;
    const insert = nextProofStep(state.plan, step, contracts.proofSteps());
    const visits = [{ step: referenceTo(step), outcome: 'deferred' }];
    if (!insert) return { visits: [], to: { type: 'denied', step: referenceTo(step), reason: 'proof_required' } };
    return { visits, to: { ...state, plan: advance(state.plan, step, { type: 'passed', insert }).plan } };
  }

  private askStage(before: WalkState, step: Step, ask: Ask): Move {
    const { version, contracts } = this.walked;
    const contract = contracts.find(step.kind, version);
    const reference = referenceTo(step);
    if (!contract) return { visits: [], to: { type: 'waits', step: reference } };
    // A stage with a challenge shows it first, so the number of restarts without a challenge starts at 0 again.
    const plan = contract.component === undefined ? before.plan : advance(before.plan, step, CHALLENGE).plan;
    const state = { ...before, plan };
    const outcomes = stageOutcomes({ contract, step, version, state }, contracts);
    const question: Question = { type: 'stage', step: reference, outcomes, answers: outcomes.map(({ name }) => name) };
    const answer = ask(question);
    const outcome = outcomes.find(({ name }) => name === answer)!;
    const { plan: after, action } = advance(plan, step, outcome.reply);
    const visits = [{ step: reference, outcome: answer }];
    const reached = afterOutcome({ ...state, plan: after }, { contract, step: reference, outcome, before: plan });
    switch (action.type) {
      case 'moved':
      case 'done':
        return { visits, to: reached };
      case 'show':
        return { visits, to: { type: 'waits', step: reference } };
      case 'denied':
        return { visits, to: { type: 'denied', step: reference, reason: 'stage' } };
      case 'restart': {
        const move = this.restart(reached, action.keepContext, ask);
        return { visits: [...visits, ...move.visits], to: move.to };
      }
    }
  }

  private restart(state: WalkState, keepContext: boolean, ask: Ask): Move {
    const { version } = this.walked;
    if (state.plan.silent_restarts >= MAX_SILENT_RESTARTS)
      return { visits: [], to: { type: 'denied', reason: 'restarts' } };
    const plan = restartPlan(state.plan, version, { keepContext });
    const arrived = { ...plan, context: { ...ARRIVAL, ...plan.context } };
    if (!isApplicable(version, requirementFacts(state), { plan: arrived, line: this.line }))
      return { visits: [], to: { type: 'refused', by: 'requirement' } };
    return this.plan({ ...state, plan, proofs: [] }, ask);
  }
}
