import type { Errors, Message, StageReply } from '@gatehouse/contracts';
import { mergeContext } from './merge-context.js';
import type { Plan } from './plan.js';
import { storeState, withProvedUser } from './plan-state.js';
import { afterStep, insertSteps, type Step } from './steps.js';

/** What the executor must do next, after it has applied a stage's reply to the plan. */
export type NextAction =
  | {
      readonly type: 'show';
      readonly challenge: Readonly<Record<string, unknown>>;
      readonly errors: Errors | undefined;
    }
  /** The plan is at its next step: enter that step. */
  | { readonly type: 'moved' }
  /** Start the flow again: plan it anew, on the same flow version. */
  | { readonly type: 'restart'; readonly keepContext: boolean }
  | { readonly type: 'done' }
  | { readonly type: 'denied'; readonly message: Message | undefined; readonly reason: string | undefined };

/** The plan after a stage's reply, and what the executor must do next. */
export interface PlanTransition {
  readonly plan: Plan;
  readonly action: NextAction;
}

/** Returns the plan after a stage's reply. A pure function, without special cases for kinds of stages. */
export function advance(before: Plan, step: Step, reply: StageReply): PlanTransition {
  const merged = { ...before, context: mergeContext(before.context, reply.context, before.visitor) };
  switch (reply.type) {
    case 'challenge':
      return show(storeState(merged, step.id, reply.state), step, reply);
    case 'rejected': {
      const plan = storeState(merged, step.id, reply.state);
      return step.onRefusal === 'retry' ? show(plan, step, reply) : restart(plan, step);
    }
    case 'denied':
      return step.onRefusal === 'retry'
        ? { plan: merged, action: { type: 'denied', message: reply.message, reason: reply.reason } }
        : restart(merged, step);
    case 'passed': {
      const proved = reply.verified?.length ? withProvedUser(merged) : merged;
      const plan = afterStep(insertSteps(proved, { id: step.id, index: merged.cursor }, reply.insert), reply.insert);
      return { plan, action: { type: plan.cursor < plan.steps.length ? 'moved' : 'done' } };
    }
  }
}

const restart = (plan: Plan, step: Step): PlanTransition => ({
  plan,
  action: { type: 'restart', keepContext: step.onRefusal === 'restart_with_context' },
});

type ShownChallenge = { readonly challenge: Record<string, unknown>; readonly errors?: Errors | undefined };

const show = (plan: Plan, step: Step, { challenge, errors }: ShownChallenge): PlanTransition => ({
  plan: { ...plan, shown: { step: step.id, challenge }, silent_restarts: 0 },
  action: { type: 'show', challenge, errors },
});
