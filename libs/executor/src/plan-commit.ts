import type { Effect, EventActor, SavedUser, User } from '@gatehouse/contracts';
import type { Plan } from '@gatehouse/plan';
import type { GeoLocation } from '@gatehouse/platform';
import type { AttemptSettlement } from './attempts/settlement.js';
import type { EndedJourney } from './journey.js';
import type { ResumeLink } from './resume-links.js';
import type { SessionSwitch } from './session-switch.js';

/** What events and reputation changes store: the user and the client whom they concern, and the request. */
export interface EventContext {
  readonly user: User | undefined;
  /** The user or system that causes the events. */
  readonly actor: EventActor;
  /** Whether the user was verified in this plan, or recently in this session. */
  readonly recentlyProved?: boolean;
  /** Primary keys (`pk`) of the devices of which the plan has a proof. */
  readonly provedDevices?: readonly number[];
  /** The methods by which the plan has authenticated its user. */
  readonly provedMethods?: readonly string[];
  /** The methods by which the user of the session had authenticated before. Empty after a login of another user. */
  readonly sessionMethods?: readonly string[];
  /** The user of the session before the effects are applied. */
  readonly sessionUser?: SavedUser | undefined;
  readonly clientIp: string;
  readonly userAgent: string;
  readonly requestId: string;
  /** Slug of the flow. */
  readonly flow: string;
  /** Id of the plan. */
  readonly plan: string;
  /** Returns the location of the client's address; `undefined` if it is unknown. */
  readonly findLocation: () => GeoLocation | undefined;
}

/** Proofs that a commit adds to its session (docs/spec/sessions.md#proofs). */
export interface SessionProof {
  /** uuid of the session's user. */
  readonly user: string;
  /** Primary keys (`pk`) of the devices that were verified or set up since the previous commit. */
  readonly devices: readonly number[];
  /** Whether the user was verified since the previous commit. */
  readonly isVerified: boolean;
}

/** The row of a plan, as a request last read or wrote it. */
export interface SavedRow {
  readonly sessionId: string;
  readonly revision: number;
  readonly plan: Plan;
}

/** The next revision of a plan, and all changes that are saved with it in one statement. Made by `FlowRun`. */
export interface PlanCommit extends AttemptSettlement {
  readonly sessionId: string;
  readonly flowId: string;
  readonly versionId: string;
  readonly plan: Plan;
  /** The revision of the plan that this commit replaces. The save fails if the stored plan has another one. */
  readonly revision: number;
  readonly effects: readonly Effect[];
  /** SHA-256 of the session's new key; `undefined` if the session keeps its key. */
  readonly newKey: Buffer | undefined;
  readonly eventContext: EventContext;
  /** Whether the visitor has sent an answer in this request. An expired plan without an answer counts as abandoned. */
  readonly hasAnswer?: boolean;
  /**
   * Whether the visitor is anonymous and has not answered a challenge. The plan of such a visitor has a short lifetime.
   */
  readonly isUnanswered?: boolean;
  /** Whether this commit contains the first answer of an anonymous session. The session then gets its full lifetime. */
  readonly extendsSession?: boolean;
  /** Proofs to add to the session. Ignored if the same commit logs in or out, because that replaces all proofs. */
  readonly proof?: SessionProof | undefined;
  /** The links in the mails of this commit. */
  readonly links: readonly ResumeLink[];
  /**
   * Hash of the resume token (from a mailed link) that this commit uses up. The save fails if the token was used
   * already.
   */
  readonly usedToken: Buffer | undefined;
  /** The step whose mailed link this commit uses up. The save fails if that link was used already or has expired. */
  readonly usedLinkStep?: string | undefined;
  /** The journey record of the plan (docs/spec/journeys.md), if this commit ends the plan. */
  readonly journey?: EndedJourney | undefined;
  /**
   * Hash of the secret in the switching cookie of the request. If a user of that login set logs in again, the new
   * session replaces the user's earlier one.
   */
  readonly loginSet?: Buffer | undefined;
  /** The session to which this commit changes the browser; `undefined` if the browser keeps its session. */
  readonly userSwitch?: SessionSwitch | undefined;
}
