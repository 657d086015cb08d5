import { isLocalPath, type Message, sentence, toUri } from '@gatehouse/contracts';
import { type FlowVersion, meetsRequirement, type Plan, type Visitor, withoutBinding } from '@gatehouse/plan';
import type { EventEffect } from './effects.js';
import { methodOf } from './flow-request.js';
import type { PolicyEngine, PolicyRun } from './policy-engine.js';

const DOES_NOT_APPLY = sentence('Flow does not apply to current user.');

/** A plan that may start, or the messages of the flow policies that refused. */
export type PlanningResult = ({ readonly plan: Plan } | { readonly refused: readonly string[] }) & {
  /** Events to save in both cases. */
  readonly effects: readonly EventEffect[];
};

/**
 * Plans flows before their first step, at the start and at each restart (docs/spec/executor.md#planning).
 */
export class Planner {
  constructor(private readonly engine: PolicyEngine) {}

  /**
   * Returns `plan` without the steps whose policies exclude them at planning, or the messages of the flow's policies if
   * those refuse. Policies see the HTTP method of the request.
   */
  async plan(run: PolicyRun, plan: Plan): Promise<PlanningResult> {
    const { version, request } = run.context;
    const method = methodOf(request);
    const guard = await this.engine.decide(run, {
      ...{ plan, set: version.guard, insertAt: { id: 'guard', index: -1 }, method },
    });
    if (!guard.pass) return { refused: guard.messages, effects: guard.effects };
    const effects = [...guard.effects];
    let planned = guard.plan;
    for (const { id, stage, evaluate_on_plan, policies } of version.steps) {
      if (!evaluate_on_plan) continue;
      const index = planned.steps.findIndex((step) => 'binding' in step && step.binding === id);
      const question = { plan: planned, set: policies, insertAt: { id, index }, method };
      const decision = await this.engine.decideStep(run, stage.kind, question);
      effects.push(...decision.effects);
      planned = decision.pass ? decision.plan : withoutBinding(decision.plan, id);
    }
    return { plan: planned, effects };
  }
}

/**
 * Whether a visitor satisfies a flow's authentication requirement. Always true for a plan that restarts with a pending
 * user (docs/spec/executor.md#restart).
 */
export const isApplicable = ({ flow }: FlowVersion, visitor: Visitor, plan?: Plan): boolean =>
  plan?.context.pending_user !== undefined || meetsRequirement(flow.authentication, visitor);

/** The result of a flow that does not apply. `reason` names the reason for pages (docs/adr/0061). */
export type FlowRefusal =
  | { readonly to: string }
  | { readonly message: Message; readonly reason: FlowRefusalReason | undefined };

/** Why a flow does not apply: `login_required` and `logged_in` tell a page where to lead the visitor. */
export type FlowRefusalReason = 'login_required' | 'logged_in' | 'superuser_required' | 'not_applicable';

interface RefusedVisit {
  readonly visitor: Visitor;
  readonly next: string | undefined;
  /** The messages of the policies that refused. */
  readonly messages: readonly string[];
}

/** Returns the redirect or the message that `denied_action` selects (docs/spec/executor.md#denied-action). */
export function flowRefusal({ flow }: FlowVersion, { visitor, next, messages }: RefusedVisit): FlowRefusal {
  if (flow.denied_action === 'continue') return { to: next && isLocalPath(next) ? toUri(next) : '/' };
  const text = messages.join('\n');
  if (text !== '') return { message: { text }, reason: undefined };
  return { message: DOES_NOT_APPLY, reason: refusalReason(flow, visitor) };
}

function refusalReason({ authentication }: FlowVersion['flow'], visitor: Visitor): FlowRefusalReason {
  if (meetsRequirement(authentication, visitor) || authentication === 'require_outpost') return 'not_applicable';
  if (authentication === 'require_unauthenticated') return 'logged_in';
  return visitor.authenticated ? 'superuser_required' : 'login_required';
}
