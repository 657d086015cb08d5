import type { Effect } from '@gatehouse/contracts';
import type { About } from './plans.js';
import type { Presence } from './presence.js';
import type { Saving } from './saving.js';
import type { Situation } from './stage-requests.js';

/** Where a walk begins, and for whom. */
export interface Start extends Situation, Presence {
  readonly saving: Saving;
  /** What effects are about, but for whom the plan is about by then. */
  readonly about: Omit<About, 'user'>;
  /** What happened while it was planned. */
  readonly effects?: readonly Effect[];
  /** Whether the plan is about a saved user already who has not typed their name here: a mailed link or a policy named them. */
  readonly identified: boolean;
  /** Whoever the plan is about is gone. */
  readonly orphaned: boolean;
}
