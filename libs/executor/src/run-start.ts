import type { Effect } from '@gatehouse/contracts';
import type { EventContext } from './plan-store.js';
import type { PlanWriter } from './plan-writer.js';
import type { SessionState } from './session-state.js';
import type { Situation } from './stage-request.js';

/** Where a walk begins, and for whom. */
export interface Start extends Situation, SessionState {
  readonly saving: PlanWriter;
  /** What effects are about, but for whom the plan is about by then. */
  readonly about: Omit<EventContext, 'user'>;
  /** What happened while it was planned. */
  readonly effects?: readonly Effect[];
  /** Whether the plan is about a saved user already who has not typed their name here: a mailed link or a policy named them. */
  readonly identified: boolean;
  /** Whoever the plan is about is gone. */
  readonly orphaned: boolean;
}
