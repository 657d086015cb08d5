import { advance, type PlanTransition, removeState, type Step, storeState } from '@gatehouse/plan';
import type { FlowRun } from './flow-run.js';
import type { StageResult } from './stage-result.js';

/** Returns the plan after a stage's reply, with the states that it has stored and an entry in the trail. */
export function transitionOf(run: FlowRun, step: Step, { reply, states }: StageResult): PlanTransition {
  const { plan, action } = advance(run.plan, step, reply);
  const next = Object.entries(states).reduce(
    (p, [key, state]) => (state === null ? removeState(p, key) : storeState(p, key, state)),
    plan,
  );
  const judged = reply.type === 'challenge' ? next : run.withTrailEntry(next, step, reply.type);
  return { plan: judged, action };
}
