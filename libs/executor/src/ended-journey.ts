import type { Plan, PlanEnding } from '@gatehouse/plan';
import type { FlowContext } from './flow-context.js';
import type { FlowRequest } from './flow-request.js';
import { type EndedJourney, journeyOf, type UnstoredEnding } from './journey.js';
import type { SessionState } from './session-state.js';

/** The parts of a run from which the journey record of its plan is made. */
interface EndedRun {
  readonly plan: Plan;
  readonly session: SessionState;
  readonly isAnswered: boolean;
  readonly context: FlowContext;
}

/** Returns the journey record (docs/spec/journeys.md) of a plan that the run ends now. */
export const endedJourney = (run: EndedRun, ending: PlanEnding): EndedJourney => ({
  ...journeyOf(run.plan),
  outcome: 'to' in ending ? 'done' : 'denied',
  reason: 'reason' in ending ? ending.reason : undefined,
  loggedIn: run.session.sessionUser !== null,
  isCounted: !run.isAnswered,
});

/** Returns the data that counts a plan which was never stored, because it ended in its first request. */
export function unstoredEnding({ plan, context }: EndedRun, { outcome }: EndedJourney): UnstoredEnding {
  const { request, loaded, versionId } = context;
  const network = request.journeyFacts?.()?.network;
  return { planId: plan.id, flowId: loaded.flowId, versionId, outcome, network };
}

/** Returns a new plan with the facts about the client that its journey record will contain. */
export function withClient(plan: Plan, { journeyFacts }: FlowRequest): Plan {
  const client = journeyFacts?.()?.client;
  return client ? { ...plan, client } : plan;
}
