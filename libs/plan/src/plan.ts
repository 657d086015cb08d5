import {
  type AttemptRule,
  type Errors,
  type Insert,
  insert,
  type Message,
  message,
  planContext,
  type StageReply,
} from '@gatehouse/contracts';
import { z } from 'zod';
import type { FlowVersion, PolicySet } from './flow-version.js';
import { mergeContext, userKey } from './merge-context.js';
import { isUnconditional, type PolicyVerdict } from './policy-set.js';

/** The version of the stored plan. A plan of another version is dropped alone. */
const PLAN_VERSION = 1;

const jsonObject = z.record(z.string(), z.unknown());
const plannedStep = z.union([
  z.object({ binding: z.string() }),
  z.object({ id: z.string(), attached: z.string() }),
  z.object({ id: z.string(), kind: z.string(), config: jsonObject }),
]);

/** How a flow ended: where to, or why not. */
const ending = z.union([z.object({ to: z.string() }), z.object({ denied: message })]);
export type PlanEnding = z.output<typeof ending>;

/** What of a plan is stored, sealed (docs/spec/plan.md#stored-plan). Configs are never copied into it. */
export const planBody = z.object({
  v: z.literal(PLAN_VERSION),
  steps: z.array(plannedStep),
  cursor: z.int(),
  /** Loose: policies keep facts of their own in it. */
  context: planContext.extend({ pending_user: z.unknown().optional() }).loose(),
  /** What a step remembers, for one pending user. */
  states: z.record(z.string(), z.object({ user: z.string().nullable(), state: jsonObject })),
  /** What the policies of the current step said when it became current. */
  verdicts: z.record(z.string(), z.object({ pass: z.boolean(), messages: z.array(z.string()) })).default({}),
  /** The step whose challenge the visitor holds: an answer is for no other. */
  shown: z.object({ step: z.string(), challenge: jsonObject }).optional(),
  /** The destination last asked for. */
  next: z.string().optional(),
  query: z.record(z.string(), z.string()),
  /** uuid of the user in whose session it runs, as far as its flow's requirement has been checked; null for a stranger. */
  visitor: z.string().nullable(),
  restarts: z.int(),
  /** Restarts since the client was last shown a challenge: these are bounded, so that no flow can loop for ever. */
  silent_restarts: z.int().default(0),
  /** What it began with beside its flow, whoever began it: there again whenever it starts over. */
  begun: z.object({ context: planContext, insert: insert.optional() }).optional(),
  /** The hash of the mailed link's token it was resumed from, and whether an answer has used that up. */
  resumed: z.object({ token: z.string(), confirmed: z.boolean() }).optional(),
  /**
   * uuid of the saved user who has proved a credential in this plan, or whom a mailed link, a source or a session proved. From
   * then on the plan is about no other user, until it starts over (docs/adr/0033).
   */
  proved_user: z.string().optional(),
  /** uuid of the user whom a stage says that it has created in this plan. Never a superuser, whatever is proved later. */
  created_user: z.string().optional(),
  /** uuid of the user whom a policy has named last. A superuser among them has to prove it (docs/adr/0033). */
  named_by_policy: z.string().optional(),
  /** Set once a policy has said where mail goes: reading that mail proves nothing about the user. */
  mail_by_policy: z.boolean().optional(),
  /**
   * Set when a navigation from another site began the run and its visitor has not answered anything yet: the token of the
   * question that stands before its first acting step (docs/adr/0034).
   */
  cross_site: z.object({ token: z.string() }).optional(),
  /** Names the work that stages which write rows are asked for next (docs/adr/0023). */
  work: z.string().optional(),
  ended: ending.optional(),
  trail: z.array(z.object({ step: z.string(), outcome: z.string(), at: z.string(), ms: z.number() })),
});
export type PlanBody = z.output<typeof planBody>;
export type PlannedStep = z.output<typeof plannedStep>;

/** A run of a flow, as an immutable value. Every change is a new Plan made by a function of this folder. */
export interface Plan extends Omit<PlanBody, 'context'> {
  readonly id: string;
  readonly context: z.output<typeof planContext>;
}

/** The step at the cursor, with everything its version says of it. */
export interface Step {
  readonly id: string;
  readonly name: string;
  /** The id of its stage; of a step that a stage has added by kind, its own. */
  readonly stage: string;
  readonly kind: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly onRefusal: 'retry' | 'restart' | 'restart_with_context';
  /** Decides whether the step is left out when it becomes current; undefined when nothing does. */
  readonly policies: PolicySet | undefined;
}

/** What the visitor is told, or what the executor does next. */
export type NextAction =
  | {
      readonly type: 'show';
      readonly challenge: Readonly<Record<string, unknown>>;
      readonly errors: Errors | undefined;
    }
  /** The cursor stands before a step that has not been asked. */
  | { readonly type: 'moved' }
  /** The plan is to be made again, on the same version. */
  | { readonly type: 'restart'; readonly keepContext: boolean }
  | { readonly type: 'done' }
  | { readonly type: 'denied'; readonly message: Message | undefined };

export interface PlanTransition {
  readonly plan: Plan;
  readonly answer: NextAction;
}

export function currentStep(plan: Plan, version: FlowVersion): Step | undefined {
  const planned = plan.steps[plan.cursor];
  return planned && stepOf(planned, version);
}

/** Every step of a plan in order, for whoever looks at it as a whole; of one that is over, those that it began with. */
export const stepsOf = (plan: Plan, version: FlowVersion): Step[] =>
  plan.ended
    ? version.steps.map(({ id }) => stepOf({ binding: id }, version))
    : plan.steps.map((planned) => stepOf(planned, version));

function stepOf(planned: PlannedStep, version: FlowVersion): Step {
  const added = { onRefusal: 'retry', policies: undefined } as const;
  if ('kind' in planned) return { ...planned, ...added, name: planned.kind, stage: planned.id };
  if ('attached' in planned) {
    const stage = version.attached[planned.attached];
    if (!stage) throw new Error(`the flow version has no attached stage ${planned.attached}`);
    const { name, kind, config, secrets } = stage;
    return { ...added, id: planned.id, stage: planned.attached, name, kind, config: { ...config, ...secrets } };
  }
  const bound = version.steps.find((step) => step.id === planned.binding);
  if (!bound) throw new Error(`the flow version has no binding ${planned.binding}`);
  const { name, kind, config } = bound.stage;
  const policies = bound.re_evaluate_policies && !isUnconditional(bound.policies) ? bound.policies : undefined;
  const { id: stage } = bound.stage;
  return { id: bound.id, stage, name, kind, config, onRefusal: bound.invalid_response_action, policies };
}

/** The policies to be evaluated before the step is asked: once, and never after its challenge was shown. */
export function pendingPolicies(plan: Plan, step: Step): PolicySet | undefined {
  const isDecided = Object.hasOwn(plan.verdicts, step.id) || plan.shown?.step === step.id;
  return isDecided ? undefined : step.policies;
}

/** The step is entered, and the verdict kept until it is left; or it is left out. */
export function enterStep(plan: Plan, step: Step, { pass, messages }: Pick<PolicyVerdict, 'pass' | 'messages'>): Plan {
  if (!pass) return leaveStep(plan);
  return { ...plan, verdicts: { [step.id]: { pass, messages: [...messages] } } };
}

/** What was shown and decided of a step does not outlive it. */
function leaveStep({ shown: _left, ...plan }: Plan): Plan {
  return { ...plan, verdicts: {}, cursor: plan.cursor + 1 };
}

/** The plan after a step: what the step wants to have before it stands where the cursor is, and the step comes again. */
function afterStep(plan: Plan, insert: Insert | undefined): Plan {
  const isAgain = insert?.where === 'before' && insert.steps.length > 0;
  return isAgain ? { ...leaveStep(plan), cursor: plan.cursor } : leaveStep(plan);
}

/**
 * Whoever begins a plan may answer without looking first, unless the answer chooses among what is shown; from then on an
 * answer is for the step that was shown, or for none.
 */
export function mayAnswer({ shown, trail }: Plan, step: Step, attempts: readonly AttemptRule[] = []): boolean {
  if (shown) return shown.step === step.id;
  return trail.every(({ outcome }) => outcome === 'skipped') && !attempts.some(({ pick }) => pick);
}

/** What `step` remembered for the user the plan is now about. */
export function stateOf(plan: Plan, stepId: string): Record<string, unknown> | undefined {
  const kept = plan.states[stepId];
  return kept && kept.user === userKey(plan.context.pending_user) ? kept.state : undefined;
}

export function rememberState(plan: Plan, stepId: string, state: Record<string, unknown> | undefined): Plan {
  if (state === undefined) return plan;
  const user = userKey(plan.context.pending_user);
  return { ...plan, states: { ...plan.states, [stepId]: { user, state } } };
}

/** The plan before work that is done once, under the name that it has, or else this one. */
export const withWorkId = (plan: Plan, work: string): Plan => (plan.work === undefined ? { ...plan, work } : plan);

/** The plan when that work is over: the next is another. */
export function withoutWorkId(plan: Plan): Plan {
  if (plan.work === undefined) return plan;
  const { work: _done, ...rest } = plan;
  return rest;
}

/** What a step remembered is of no use any more. */
export function forgetState(plan: Plan, stepId: string): Plan {
  const { [stepId]: _forgotten, ...states } = plan.states;
  return { ...plan, states };
}

/** The whole state machine: four replies. Pure; knows no stage by name. */
export function advance(before: Plan, step: Step, reply: StageReply): PlanTransition {
  const heard = { ...before, context: mergeContext(before.context, reply.context, before.visitor) };
  switch (reply.type) {
    case 'challenge':
      return show(rememberState(heard, step.id, reply.state), step, reply);
    case 'rejected': {
      const plan = rememberState(heard, step.id, reply.state);
      return step.onRefusal === 'retry' ? show(plan, step, reply) : restart(plan, step);
    }
    case 'denied':
      return step.onRefusal === 'retry'
        ? { plan: heard, answer: { type: 'denied', message: reply.message } }
        : restart(heard, step);
    case 'passed': {
      const proved = reply.verified?.length ? provedBy(heard) : heard;
      const plan = afterStep(insertSteps(proved, { id: step.id, index: heard.cursor }, reply.insert), reply.insert);
      return { plan, answer: { type: plan.cursor < plan.steps.length ? 'moved' : 'done' } };
    }
  }
}

/** The plan once its pending user has proved who they are: it stays about that user. */
export function provedBy(plan: Plan): Plan {
  const { pending_user: user } = plan.context;
  return user?.kind === 'saved' ? { ...plan, proved_user: user.uuid } : plan;
}

const restart = (plan: Plan, step: Step): PlanTransition => ({
  plan,
  answer: { type: 'restart', keepContext: step.onRefusal === 'restart_with_context' },
});

type ShownChallenge = { readonly challenge: Record<string, unknown>; readonly errors?: Errors | undefined };

const show = (plan: Plan, step: Step, { challenge, errors }: ShownChallenge): PlanTransition => ({
  plan: { ...plan, shown: { step: step.id, challenge }, silent_restarts: 0 },
  answer: { type: 'show', challenge, errors },
});

/** Who adds steps to a plan, and where it stands in it. */
export interface InsertionPoint {
  readonly id: string;
  readonly index: number;
}

/** Adds the steps that `maker` asks for: before it, right after it, or at the end. */
export function insertSteps(plan: Plan, { id, index }: InsertionPoint, insert: Insert | undefined): Plan {
  if (!insert || insert.steps.length === 0) return plan;
  const made = plan.steps.filter((planned) => 'id' in planned && planned.id.startsWith(`${id}~`)).length;
  const added = insert.steps.map((wanted, i): PlannedStep => ({ id: `${id}~${made + i + 1}`, ...wanted }));
  const at = { before: index, next: index + 1, last: plan.steps.length }[insert.where];
  return { ...plan, steps: [...plan.steps.slice(0, at), ...added, ...plan.steps.slice(at)] };
}

/** A plan of nothing, for nobody. */
export const emptyPlan = (id: string): Plan => ({
  id,
  v: PLAN_VERSION,
  steps: [],
  cursor: 0,
  context: {},
  states: {},
  verdicts: {},
  query: {},
  visitor: null,
  restarts: 0,
  silent_restarts: 0,
  trail: [],
});

/** Ends the plan: only the ending is kept, so that a repeated request learns it and nothing else, and the trail, which has no values. */
export const endPlan = ({ id, trail }: Plan, ended: PlanEnding): Plan => ({ ...emptyPlan(id), ended, trail });
