import type { SavedUser } from '@gatehouse/contracts';
import type { Plan } from '@gatehouse/plan';
import type { EventEffect } from '../effects.js';
import type { EventContext, PlanCommit } from '../plan-commit.js';

/** A user as the gateway sees them: the one view it may read of the directory. */
export interface Identity extends SavedUser {
  readonly is_superuser: boolean;
  /** May see the details of faults. */
  readonly debug: boolean;
  /** Not there, or null, where they are not wanted. */
  readonly attributes?: Readonly<Record<string, unknown>> | null;
}

/** What of a user others are told, stages among them, and no more. */
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
  /** The key was replaced by a login moments ago: it sees how its plan ended and is nobody. */
  readonly retired: boolean;
  /** Seconds until it ends for good; undefined for one that slides, whose cookie lives with the browser. */
  readonly remainingS: number | undefined;
  readonly user: Identity | undefined;
  /** Whether a device was proved when its user logged in, and that is not too long ago. */
  readonly deviceProved?: boolean | undefined;
  /** Whether its user proved themselves when they logged in, within CREDENTIAL_PROOF_S. */
  readonly recentlyProved?: boolean | undefined;
  /** Where it was last used from; undefined when nobody noted it. */
  readonly lastIp?: string | undefined;
}

/** A plan with what a save must compare. */
export interface StoredPlan {
  readonly plan: Plan;
  readonly revision: number;
  readonly versionId: string;
  /** The pending user is gone, was disabled or has a new password since the plan became theirs. */
  readonly orphaned: boolean;
}

/** Everything one request needs to know, from one statement. */
export interface LoadedFlow {
  readonly flowId: string;
  readonly newestVersionId: string;
  /** Of all brands, as of now; null where nothing is known of any. */
  readonly brandsRevision: string | null;
  readonly session: Session | undefined;
  readonly stored: StoredPlan | undefined;
  /** The row that a new plan of this flow replaces: also one that is outdated, or whose body cannot be read any more. */
  readonly planRow: PlanRow | undefined;
}

export interface PlanRow {
  readonly id: string;
  readonly revision: number;
}

/** A plan to be stored for the first time, or in place of one that is over. */
export interface NewPlan {
  readonly flowId: string;
  readonly versionId: string;
  readonly plan: Plan;
  /**
   * The session that has it; without an id, a new session. `newKey`: hash of the key of the new session, or of the one that
   * replaces the key of the session at hand in the same statement.
   */
  readonly session: { readonly id: string; readonly newKey?: Buffer | undefined } | { readonly newKey: Buffer };
  readonly replaces: PlanRow | undefined;
}

/** A plan that somebody follows a mailed link to. */
export interface ResumedPlan extends Pick<StoredPlan, 'plan' | 'versionId' | 'orphaned'> {
  /** The step that the link was mailed by. */
  readonly step: string;
}

/** The plans under way and the sessions they belong to. */
export abstract class PlanStore {
  /** Undefined when there is no such flow. Expired sessions and plans are not found, whoever cleans them up. */
  abstract load(slug: string, sessionKey: Buffer | undefined): Promise<LoadedFlow | undefined>;
  /** The plan that a live token of this flow leads to, under a new id. */
  abstract findResumed(slug: string, token: Buffer): Promise<ResumedPlan | undefined>;
  /** The id of the plan's session; undefined when another request was first. */
  abstract create(plan: NewPlan): Promise<string | undefined>;
  /** False when another request moved the plan since `revision`, or its user may not log in; then nothing was written. */
  abstract save(plan: PlanCommit): Promise<boolean>;
  /** The flows that a session has plans of, the last saved first; no more than a few. */
  abstract listSlugs(sessionKey: Buffer): Promise<string[]>;
  /** Drops every plan of a session, and answers who is logged in to it. */
  abstract deletePlans(sessionKey: Buffer): Promise<string | undefined>;
}

/** What happens without a plan that it could be saved with. */
export abstract class EventRecorder {
  /** Tells whoever listens, later. */
  abstract record(events: readonly EventEffect[], about: EventContext): Promise<void>;
}
