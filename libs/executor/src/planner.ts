import { type ApiVersion, isLocalPath, type Message, sentence, toUri } from '@gatehouse/contracts';
import {
  type ArrivalFacts,
  type FlowVersion,
  meetsRequirement,
  type Plan,
  type PlannedFlow,
  planFlow,
  type Visitor,
} from '@gatehouse/plan';
import type { EventEffect } from './effects.js';
import { methodOf } from './flow-request.js';
import type { PolicyDecision, PolicyEngine, PolicyQuestion, PolicyRun } from './policy-engine.js';

const DOES_NOT_APPLY = sentence('Flow does not apply to current user.');
const NEEDS_LINK = sentence('This link is invalid or has expired. Please request a new one.');

/** The result of planning a flow: a plan, or the messages of the flow's policies that refused the visitor. */
export type PlanningResult = PlannedFlow & {
  /** Events to save, whether or not the policies refused. */
  readonly effects: readonly EventEffect[];
};

/**
 * Plans flows: decides by policies, before the first step and at each restart, whether the flow may run and with which
 * steps (docs/spec/executor.md#planning).
 */
export class Planner {
  constructor(private readonly engine: PolicyEngine) {}

  /**
   * Returns `plan` without the steps that policies exclude at planning, or messages if the flow's policies refuse the
   * visitor. Policies get the HTTP method of the request.
   */
  async plan(run: PolicyRun, plan: Plan): Promise<PlanningResult> {
    const { version, request } = run.context;
    const method = methodOf(request);
    const effects: EventEffect[] = [];
    const planning = planFlow(version, plan);
    let next = planning.next();
    while (!next.done) {
      const { kind, ...question } = next.value;
      const decision = await this.decide(run, kind, { ...question, method });
      effects.push(...decision.effects);
      next = planning.next(decision);
    }
    return { ...next.value, effects };
  }

  private decide(run: PolicyRun, kind: string | undefined, question: PolicyQuestion): Promise<PolicyDecision> {
    return kind === undefined ? this.engine.decide(run, question) : this.engine.decideStep(run, kind, question);
  }
}

/** The result for a visitor who may not run the flow. `reason` is a code for pages (docs/adr/0061). */
export type FlowRefusal =
  | { readonly to: string }
  | { readonly message: Message; readonly reason: FlowRefusalReason | undefined };

/**
 * Why the visitor may not run the flow. The reasons `login_required` and `logged_in` tell a page where to send the
 * visitor.
 */
export type FlowRefusalReason =
  | 'login_required'
  | 'logged_in'
  | 'superuser_required'
  | 'link_required'
  | 'not_applicable';

interface RefusedVisit {
  readonly visitor: Visitor;
  readonly next: string | undefined;
  /** The messages of the policies that refused the visitor. */
  readonly messages: readonly string[];
  /** The facts of the plan, if there is one. */
  readonly arrival?: ArrivalFacts;
  /** The API line whose rules apply. */
  readonly line: ApiVersion;
}

/**
 * Returns the redirect or the message that `denied_action` selects (docs/spec/executor.md#denied-action). Under 2026.8,
 * a login flow whose authentication requirement refuses a logged-in visitor redirects that visitor to `next`.
 */
export function flowRefusal({ flow }: FlowVersion, visit: RefusedVisit): FlowRefusal {
  const { visitor, next, messages, line, arrival } = visit;
  const text = messages.join('\n');
  const isLogin = line !== '2024.8' && flow.designation === 'authentication' && visitor.authenticated;
  const isDone = isLogin && text === '' && !meetsRequirement(flow.authentication, visitor, arrival);
  if (isDone || flow.denied_action === 'continue') return { to: next && isLocalPath(next) ? toUri(next) : '/' };
  if (text !== '') return { message: { text }, reason: undefined };
  const reason = refusalReason(flow, visit);
  return { message: reason === 'link_required' ? NEEDS_LINK : DOES_NOT_APPLY, reason };
}

function refusalReason({ authentication }: FlowVersion['flow'], { visitor, arrival }: RefusedVisit): FlowRefusalReason {
  if (meetsRequirement(authentication, visitor, arrival)) return 'not_applicable';
  switch (authentication) {
    case 'require_unauthenticated':
      return 'logged_in';
    case 'require_authenticated':
    case 'require_superuser':
      return visitor.authenticated ? 'superuser_required' : 'login_required';
    case 'require_token':
      return 'link_required';
    default:
      return 'not_applicable';
  }
}
