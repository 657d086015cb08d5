import type { SavedUser } from '@gatehouse/contracts';
import type { Plan } from '@gatehouse/plan';
import type { EventEffect } from '../effects.js';
import type { UnstoredEnding } from '../journey.js';
import type { EventContext, PlanCommit } from '../plan-commit.js';

/** A user with the properties that the gateway loads from the directory. */
export interface Identity extends SavedUser {
  readonly is_superuser: boolean;
  /** Whether the user may see the details of problems. */
  readonly debug: boolean;
  /** The user's attributes. Absent or null unless the store is configured to load them. */
  readonly attributes?: Readonly<Record<string, unknown>> | null;
}

/**
 * Returns a user with only the properties that stages and events may contain. Leaves out the additional properties of
 * `Identity` and `DirectoryUser`, such as `is_superuser`, `debug` and `attributes`.
 */
export const toSavedUser = ({
  kind,
  uuid,
  pk,
  username,
  name,
  email,
  is_active,
  epoch,
  locale,
}: SavedUser): SavedUser => ({
  ...{ kind, uuid, pk, username, name, email, is_active, epoch, locale },
});

export interface Session {
  readonly id: string;
  /**
   * Whether the session key was replaced a few seconds ago. The old key no longer authenticates the user; a request
   * with it only gets the end of its plan.
   */
  readonly retired: boolean;
  /**
   * Seconds until the session ends; `undefined` for a session that every use prolongs, whose cookie lives until the
   * browser closes.
   */
  readonly remainingS: number | undefined;
  readonly user: Identity | undefined;
  /** Whether the session is anonymous and has only a short lifetime, until the visitor answers a challenge. */
  readonly isUnanswered?: boolean | undefined;
  /** Whether the login verified a device of the user, and happened within the last AUTHENTICATOR_PROOF_S seconds. */
  readonly deviceProved?: boolean | undefined;
  /**
   * Whether the login, or a later proof in this session, verified the user within the last CREDENTIAL_PROOF_S seconds.
   */
  readonly recentlyProved?: boolean | undefined;
  /**
   * Primary keys (`pk`) of the devices that were proved in this session within the last AUTHENTICATOR_PROOF_S seconds.
   */
  readonly provedDevices?: readonly number[] | undefined;
  /** Seconds since the login; `undefined` if they are not known. */
  readonly loginAgeS?: number | undefined;
  /** Seconds since each method by which the user of the session has authenticated was proved. */
  readonly methodAges?: Readonly<Record<string, number>> | undefined;
  /** The address from which the session was last used, if it is known. */
  readonly lastIp?: string | undefined;
}

/** A plan of the session, with its revision. A save compares that revision with the row's (compare-and-set). */
export interface StoredPlan {
  readonly plan: Plan;
  readonly revision: number;
  readonly versionId: string;
  /** Whether the pending user was deleted, or the user's epoch has changed since the plan was stored. */
  readonly orphaned: boolean;
}

/**
 * The candidate of a weighted rollout: a flow version that a share of the sessions gets for new plans
 * (docs/spec/rollout.md).
 */
export interface RolloutCandidate {
  readonly versionId: string;
  /** The share of sessions in hundredths of a percent, from 1 to 10000. */
  readonly share: number;
}

/** The flow, session, user and plan of a request, which one statement loads. */
export interface LoadedFlow {
  readonly flowId: string;
  readonly currentVersionId: string;
  /** The version that a share of the sessions gets for new plans; `undefined` if no rollout runs. */
  readonly candidate: RolloutCandidate | undefined;
  /** The id of the session, if the request creates one. */
  readonly newSessionId: string;
  /** The current revision of all brands; null if none are stored. */
  readonly brandsRevision: string | null;
  readonly session: Session | undefined;
  readonly stored: StoredPlan | undefined;
  /**
   * The session's plan row for this flow, which a new plan replaces. Set even if `stored` is not, because the plan
   * cannot be decrypted or parsed, or has run for too long on a flow version that was replaced.
   */
  readonly planRow: PlanRow | undefined;
}

export interface PlanRow {
  readonly id: string;
  readonly revision: number;
}

/** A new plan to store, which may replace another plan of its flow. */
export interface NewPlan {
  readonly flowId: string;
  readonly versionId: string;
  readonly plan: Plan;
  /**
   * The session of the plan: an existing one with `id`, or a new one with the id `newId`, by default random. `newKey`
   * is the hash of the session's new key. `leaves` is the id of the visitor's old session, whose plan of this flow the
   * same statement deletes.
   */
  readonly session:
    | { readonly id: string; readonly newKey?: Buffer | undefined }
    | { readonly newId?: string; readonly newKey: Buffer; readonly leaves?: string | undefined };
  readonly replaces: PlanRow | undefined;
  /**
   * Whether the visitor is anonymous and has not answered a challenge. The rows of the session and of the plan then
   * have a short lifetime.
   */
  readonly isUnanswered?: boolean;
  /**
   * Whether this plan continues the replaced plan, by a mailed link of that plan. The replaced plan then does not count
   * as abandoned.
   */
  readonly isContinuation?: boolean;
  /** Keyed hash of the client's network, for the journey record (docs/spec/journeys.md). */
  readonly network?: Buffer | undefined;
}

/** A plan that a mailed link resumes. */
export interface ResumedPlan extends Pick<StoredPlan, 'plan' | 'versionId' | 'orphaned'> {
  /** The step that mailed the link. */
  readonly step: string;
  /** Id of the plan that mailed the link. The resumed plan has an id of its own. */
  readonly mailedBy: string;
}

/** A deleted plan and the slug of its flow. Its pending user is not loaded. */
export interface CancelledPlan {
  readonly slug: string;
  readonly plan: Plan;
}

/** The uuid of the session's user, if there is one, and the plan that the visitor has cancelled. */
export interface Cancellation {
  readonly user: string | undefined;
  readonly cancelled: CancelledPlan | undefined;
}

/** A session to which a browser is to change. `set` proves that both sessions belong to this browser. */
export interface SwitchQuery {
  /** Id of the session of the request. */
  readonly session: string;
  /** Hash of the secret in the switching cookie. */
  readonly set: Buffer;
  /** Id of the session to change to. */
  readonly target: string;
}

/** A live session to which the browser may change. */
export interface SwitchTarget {
  /** uuid of the session's user. */
  readonly user: string;
  /** Seconds until the session ends; `undefined` for a session that every use prolongs. */
  readonly remainingS: number | undefined;
}

/** Stores plans and their sessions. */
export abstract class PlanStore {
  /**
   * Loads the data of a request. Returns `undefined` if no flow has this slug. Never returns expired sessions and
   * plans, even before they are deleted.
   */
  abstract load(slug: string, sessionKey: Buffer | undefined): Promise<LoadedFlow | undefined>;
  /**
   * Finds the plan of a resume token of this flow. Returns `undefined` if the token was used or has expired. The plan
   * gets a new id, because it is a copy of the plan that mailed the link.
   */
  abstract findResumed(slug: string, token: Buffer): Promise<ResumedPlan | undefined>;
  /** Stores a new plan. Returns the id of its session; `undefined` if another request has stored a plan first. */
  abstract create(plan: NewPlan): Promise<string | undefined>;
  /**
   * Saves a commit completely or not at all. Returns false if another request has saved the plan since `revision`, if
   * the user may not log in, or if a mailed link was used already or has expired.
   */
  abstract save(plan: PlanCommit): Promise<boolean>;
  /**
   * Returns the session to change to; `undefined` if it has ended, or the browser may not use it
   * (docs/spec/sessions.md#user-switching).
   */
  abstract findSwitchTarget(query: SwitchQuery): Promise<SwitchTarget | undefined>;
  /** Counts a plan that ended in its first request and was never stored. */
  abstract recordUnstored(ending: UnstoredEnding): Promise<void>;
  /**
   * Returns the slugs of the flows of a session's plans, the last saved first. Leaves out the oldest beyond a limit.
   */
  abstract listSlugs(sessionKey: Buffer): Promise<string[]>;
  /**
   * Deletes every plan of a session. Returns the deleted plan of the flow `slug`, or without `slug` the one that was
   * saved last.
   */
  abstract deletePlans(sessionKey: Buffer, slug?: string): Promise<Cancellation>;
}

/** Records events for requests that save no plan. */
export abstract class EventRecorder {
  /** Stores events in the outbox. */
  abstract record(events: readonly EventEffect[], about: EventContext): Promise<void>;
}
