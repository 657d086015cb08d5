import type { Plan, PlanEnding } from '@gatehouse/plan';
import type { FlowContext } from './flow-context.js';
import type { FlowRequest } from './flow-request.js';
import { type EndedJourney, journeyOf, type UnstoredEnding } from './journey.js';
import type { SessionState } from './session-state.js';

/** The parts of a run that its record reads. */
interface EndedRun {
  readonly plan: Plan;
  readonly session: SessionState;
  readonly isAnswered: boolean;
  readonly context: FlowContext;
}

/** Returns the record of a plan that a run is about to end. */
export const endedJourney = (run: EndedRun, ending: PlanEnding): EndedJourney => ({
  ...journeyOf(run.plan),
  outcome: 'to' in ending ? 'done' : 'denied',
  reason: 'reason' in ending ? ending.reason : undefined,
  loggedIn: run.session.sessionUser !== null,
  isCounted: !run.isAnswered,
});

/** Returns the ending of a plan that has no row. */
export function unstoredEnding({ plan, context }: EndedRun, { outcome }: EndedJourney): UnstoredEnding {
  const { request, loaded, versionId } = context;
  const network = request.journeyFacts?.()?.network;
  return { planId: plan.id, flowId: loaded.flowId, versionId, outcome, network };
}

/** Adds to a new plan what its record keeps about the client. */
export function withClient(plan: Plan, { journeyFacts }: FlowRequest): Plan {
  const client = journeyFacts?.()?.client;
  return client ? { ...plan, client } : plan;
}
