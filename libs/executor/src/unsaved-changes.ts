import type { Effect, PolicyRequest } from '@gatehouse/contracts';
import type { Plan } from '@gatehouse/plan';
import { type AttemptSettlement, EMPTY_SETTLEMENT } from './attempts/settlement.js';
import type { ResumeLink } from './resume-links.js';

/** Changes that a run has collected since its last save. */
export interface UnsavedChanges {
  /** The plan as last saved, or as the run started. */
  readonly planBefore: Plan;
  readonly effects: Effect[];
  readonly links: ResumeLink[];
  readonly reputation: NonNullable<PolicyRequest['reputation']>;
  settlement: AttemptSettlement;
  /** Hash of the resume token to use up, because the plan was confirmed or has ended. */
  usedToken: Buffer | undefined;
  /**
   * The step whose mailed link to use up, because the visitor has given the same proof in another way, such as by the
   * code in the same mail (effect `link_used`).
   */
  usedLinkStep: string | undefined;
  /**
   * Whether the save must renew the session key: a credential was verified, or the plan got a saved user by more than a
   * typed name.
   */
  identified: boolean;
  /** uuid of the user who has passed a proof that a guard or a stage has asked for. */
  confirmedUser: string | undefined;
}

/** Returns the empty set of changes. `planBefore` is the plan as last saved, or as the run started. */
export const noChanges = (planBefore: Plan): UnsavedChanges => ({
  planBefore,
  effects: [],
  links: [],
  reputation: [],
  settlement: EMPTY_SETTLEMENT,
  usedToken: undefined,
  usedLinkStep: undefined,
  identified: false,
  confirmedUser: undefined,
});
