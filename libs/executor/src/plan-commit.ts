import type { Effect, SavedUser, User } from '@gatehouse/contracts';
import type { Plan } from '@gatehouse/plan';
import type { AttemptSettlement } from './attempts/settlement.js';
import type { ResumeLink } from './resume-links.js';

/** The user and the client that events and reputation are about. */
export interface EventContext {
  readonly user: User | undefined;
  /** Whether that user was verified in the plan that logs them in. */
  readonly recentlyProved?: boolean;
  /** The user who is logged in before the effects happen. */
  readonly sessionUser?: SavedUser | undefined;
  readonly clientIp: string;
  readonly userAgent?: string;
  readonly flow: string;
}

/** The next revision of a plan, with everything that happens if and only if it is saved. Made by `FlowRun`. */
export interface PlanCommit extends AttemptSettlement {
  readonly sessionId: string;
  readonly flowId: string;
  readonly versionId: string;
  readonly plan: Plan;
  /** The revision that this commit replaces. */
  readonly revision: number;
  readonly effects: readonly Effect[];
  /** Hash of the session's new key, if the visitor proved an identity. */
  readonly newKey: Buffer | undefined;
  readonly eventContext: EventContext;
  /** Links that the mails among the effects contain. */
  readonly links: readonly ResumeLink[];
  /** Hash of the resume token that this commit uses up. The save fails if the token was used already. */
  readonly usedToken: Buffer | undefined;
  /** The step whose mailed link this commit uses up. The save fails if that link was used already or has expired. */
  readonly usedLinkStep?: string | undefined;
}
