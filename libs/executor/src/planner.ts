import { type Effect, isLocalPath, type Message, sentence, toUri } from '@gatehouse/contracts';
import { type FlowVersion, meetsRequirement, type Plan, removeBinding, type Visitor } from '@gatehouse/plan';
import { methodOf } from './flow-request.js';
import type { PolicyEngine } from './policy-engine.js';
import type { Situation } from './stage-request.js';

const DOES_NOT_APPLY = sentence('Flow does not apply to current user.');

/** A plan that may begin, or what the policies against it said. */
export type PlanningResult = ({ readonly plan: Plan } | { readonly refused: readonly string[] }) & {
  /** What is to happen, whether it begins or not. */
  readonly effects: readonly Effect[];
};

/**
 * Makes drawn plans ready for their first step, whether they are new or start over (docs/spec/executor.md#planning).
 */
export class Planner {
  constructor(private readonly engine: PolicyEngine) {}

  /**
   * Whether the flow applies, by its own policies; and without the steps that theirs leave out already now. Policies see the
   * method of the request that makes the plan.
   */
  async plan(given: Situation): Promise<PlanningResult> {
    const situation: Situation = { ...given, method: methodOf(given.request) };
    const { version } = situation;
    const guard = await this.engine.decide(situation, version.guard, { id: 'guard', index: -1 });
    if (!guard.pass) return { refused: guard.messages, effects: guard.effects };
    const effects = [...guard.effects];
    let { plan } = guard;
    for (const { id, stage, evaluate_on_plan, policies } of version.steps) {
      if (!evaluate_on_plan) continue;
      const index = plan.steps.findIndex((step) => 'binding' in step && step.binding === id);
      const step = { id, index, policies, kind: stage.kind };
      const decision = await this.engine.decideStep({ ...situation, plan }, step);
      effects.push(...decision.effects);
      plan = decision.pass ? decision.plan : removeBinding(decision.plan, id);
    }
    return { plan, effects };
  }
}

/**
 * Whether a flow is for a visitor. One that starts over with a user in mind has checked it
 * (docs/spec/executor.md#restart).
 */
export const isApplicable = ({ flow }: FlowVersion, visitor: Visitor, plan?: Plan): boolean =>
  plan?.context.pending_user !== undefined || meetsRequirement(flow.authentication, visitor);

/** What a flow that does not apply says. */
export type FlowRefusal = { readonly to: string } | { readonly message: Message };

/** `denied_action` (docs/spec/executor.md#denied-action): leads on to `next`, or says why not. */
export function flowRefusal({ flow }: FlowVersion, next: string | undefined, messages: readonly string[]): FlowRefusal {
  if (flow.denied_action === 'continue') return { to: next && isLocalPath(next) ? toUri(next) : '/' };
  const text = messages.join('\n');
  return { message: text === '' ? DOES_NOT_APPLY : { text } };
}
