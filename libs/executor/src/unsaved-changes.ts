import type { Effect, PolicyRequest } from '@gatehouse/contracts';
import type { Plan } from '@gatehouse/plan';
import { type AttemptSettlement, EMPTY_SETTLEMENT } from './attempts/settlement.js';
import type { ResumeLink } from './resume-links.js';
import type { SessionSwitch } from './session-switch.js';

/** Changes that a run has collected since its last save. */
export interface UnsavedChanges {
  /** The plan as it was last saved or, before the first save, as the run started with it. */
  readonly planBefore: Plan;
  readonly effects: Effect[];
  readonly links: ResumeLink[];
  readonly reputation: NonNullable<PolicyRequest['reputation']>;
  settlement: AttemptSettlement;
  /** Hash of the resume token that the save uses up, because the visitor confirmed the link or the plan has ended. */
  usedToken: Buffer | undefined;
  /**
   * Id of the step whose mailed link the save uses up, because the visitor has proved access to the mailbox in another
   * way, such as by the code in the same mail (effect `link_used`).
   */
  usedLinkStep: string | undefined;
  /**
   * Whether the save must renew the session key: a credential was verified, or the plan got a saved user in another way
   * than by a typed name.
   */
  needsNewKey: boolean;
  /** uuid of the user who has passed a proof step. */
  confirmedUser: string | undefined;
  /** The session to which the save changes the browser. */
  userSwitch: SessionSwitch | undefined;
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
  needsNewKey: false,
  confirmedUser: undefined,
  userSwitch: undefined,
});
