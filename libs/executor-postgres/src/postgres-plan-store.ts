import { setTimeout as pause } from 'node:timers/promises';
import { Problem, type ReputationLimits, type SavedUser } from '@gatehouse/contracts';
import {
  type Cancellation,
  type FlowObserver,
  type LoadedFlow,
  type NewPlan,
  type ObservedFlow,
  type PlanCommit,
  PlanStore,
  type ResumedPlan,
  type SwitchQuery,
  type SwitchTarget,
  type UnstoredEnding,
} from '@gatehouse/executor';
import type { Plan } from '@gatehouse/plan';
import {
  isConnectionLost,
  isDatabaseUnavailable,
  type Logger,
  type NamedStatement,
  runNamed,
  type Sealer,
  uuidV7,
} from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { interval } from './commit-effects.js';
import { type CommitParts, commitStatement, type StatementValues } from './commit-statement.js';
import { commitPartsOf } from './commit-values.js';
import type { JourneySettings } from './journeys/journey.settings.js';
import { saveOnlySession, userOfOnlySession } from './only-session.js';
import {
  type CancelledRow,
  cancelledPlan,
  type LoadedFlowRow,
  openPlan,
  planBodyOf,
  planSealId,
  resumeTokenSealId,
  toLoadedFlow,
} from './plan.rows.js';
import {
  CREATE_PLAN,
  CREATE_PLAN_AND_KEY,
  CREATE_PLAN_AND_SESSION,
  DROP_PLANS,
  FIND_SESSION_KEY,
  LIST_PLAN_SLUGS,
  LOAD_FLOW,
  LOAD_PLAN_BY_TOKEN,
  RECORD_UNSTORED,
  TOUCH_SESSION,
} from './plan.statements.js';
import { StatementLatency } from './statement-latency.js';
import { FIND_SWITCH_TARGET } from './switch.statements.js';

interface ResumedRow {
  readonly version_id: string;
  readonly plan_id: string;
  readonly step_id: string;
  readonly body: Buffer;
  readonly pending_identity: SavedUser | null;
}

/** The row that the save statement returns. */
interface SavedRow {
  /** Flows of unfinished plans of the session that a login or logout has deleted in this save. */
  readonly abandoned?: readonly ObservedFlow[] | null;
}

/** Largest size of an encrypted plan in bytes (docs/spec/plan.md#stored-plan). */
const MAX_PLAN_BYTES = 256 * 1024;

/** Milliseconds between two checks whether a save was committed. */
const SAVE_CHECK_INTERVAL_MS = 100;

/** Lifetimes of sessions, plans and proofs in seconds. */
export interface PlanLifetimes {
  readonly anonymousSessionS: number;
  /** Lifetime of an anonymous session, and of its plans, as long as the visitor has answered no challenge. */
  readonly unansweredS: number;
  /** Lifetime of a login without a fixed duration. Each use of the session restarts it. */
  readonly sessionS: number;
  /** Lifetime of a plan. Each save restarts it. */
  readonly planS: number;
  /** Lifetime of a pending login at a source. */
  readonly sourceLoginS: number;
  /** How long a device counts as proved after the login that verified it. */
  readonly proofS: number;
  /** How long the user counts as proved after the login that verified the user. */
  readonly credentialProofS: number;
}

interface PlanStoreSettings {
  readonly lifetimes: PlanLifetimes;
  /** Whether to load the attributes of logged-in users. */
  readonly attributes: boolean;
  /**
   * Seconds during which the store keeps asking Postgres whether a save was committed, if the connection was lost
   * during the save.
   */
  readonly saveCheckS: number;
  /** Measures the statements that load and save plans, for background work that pauses while they are slow. */
  readonly latency?: StatementLatency;
  /** Receives the unfinished plans that a statement has deleted. */
  readonly observer?: Pick<FlowObserver, 'planEnded'>;
  /** How the ends of plans are recorded (docs/spec/journeys.md). By default, they are not recorded. */
  readonly journeys?: JourneySettings;
  /** The limits of reputation scores. By default, there are none. */
  readonly reputation?: ReputationLimits;
  /** Largest number of applications that a session remembers for its logout. */
  readonly applicationsPerSession?: number;
  readonly logger: Logger;
}

/** Returns the parameter values of the statement `LOAD_FLOW`. */
export function loadValues(
  slug: string,
  sessionKey: Buffer | undefined,
  { attributes, lifetimes }: Pick<PlanStoreSettings, 'attributes' | 'lifetimes'>,
): unknown[] {
  const { planS, proofS, credentialProofS, anonymousSessionS } = lifetimes;
  return [slug, sessionKey ?? null, attributes, ...[planS, proofS, credentialProofS, anonymousSessionS].map(interval)];
}

/** Stores plans in Postgres. One prepared statement loads all data of a request, and one saves all its changes. */
export class PostgresPlanStore extends PlanStore {
  private readonly latency: StatementLatency;

  constructor(
    private readonly source: DataSource,
    private readonly sealer: Sealer,
    private readonly settings: PlanStoreSettings,
  ) {
    super();
    this.latency = settings.latency ?? new StatementLatency();
  }

  async load(slug: string, sessionKey: Buffer | undefined): Promise<LoadedFlow | undefined> {
    const values = loadValues(slug, sessionKey, this.settings);
    const { rows } = await this.latency.measure(() => runNamed<LoadedFlowRow>(this.source, LOAD_FLOW, values));
    const row = rows[0];
    // Do not touch an anonymous session with a short lifetime, because only an answer may extend it.
    if (row?.session_id && row.unseen && !row.retired && !row.unanswered) this.touch(row.session_id);
    return row && toLoadedFlow(row, this.sealer);
  }

  async findResumed(slug: string, token: Buffer): Promise<ResumedPlan | undefined> {
    const { rows } = await runNamed<ResumedRow>(this.source, LOAD_PLAN_BY_TOKEN, [token, slug]);
    if (!rows[0]) return undefined;
    const { version_id: versionId, plan_id: mailedBy, step_id: step, body, pending_identity: identity } = rows[0];
    const opened = openPlan({ id: uuidV7(), body, identity, sealed: resumeTokenSealId(token) }, this.sealer);
    return opened && { ...opened, versionId, step, mailedBy };
  }

  async create(created: NewPlan): Promise<string | undefined> {
    const { flowId, versionId, plan, session, replaces, isUnanswered, isContinuation, network } = created;
    const sessionId = 'id' in session ? session.id : (session.newId ?? uuidV7());
    const values = [
      ...[sessionId, flowId, plan.id, versionId, pendingUserId(plan), this.seal(plan, 0)],
      ...[this.lifetime('planS', isUnanswered), replaces?.id ?? null, replaces?.revision ?? null],
      ...[isContinuation ? 1 : 0, network ?? null],
    ];
    const sessionTtl = this.lifetime('anonymousSessionS', isUnanswered);
    const { rows } = await runNamed<{ session_id: string }>(this.source, ...creation(session, values, sessionTtl));
    return rows[0]?.session_id;
  }

  /**
   * Returns the lifetime of a plan or of an anonymous session. It is short until the visitor has answered a challenge.
   */
  private lifetime(name: 'planS' | 'anonymousSessionS', isUnanswered = false): string {
    const { unansweredS, [name]: fullS } = this.settings.lifetimes;
    return interval(isUnanswered ? Math.min(unansweredS, fullS) : fullS);
  }

  async save(commit: PlanCommit): Promise<boolean> {
    const { sessionId, flowId, plan, revision } = commit;
    const values = {
      session: sessionId,
      flow: flowId,
      plan: plan.id,
      revision,
      pending_user: pendingUserId(plan),
      body: this.seal(plan, revision + 1),
      is_over: plan.ended !== undefined,
      has_answer: commit.hasAnswer === true,
      lifetime: this.lifetime('planS', commit.isUnanswered),
    };
    const { lifetimes, journeys, reputation, applicationsPerSession } = this.settings;
    const { sealer } = this;
    const consequences = commitPartsOf({ commit, sealer, lifetimes, journeys, reputation, applicationsPerSession });
    try {
      const rows = await this.latency.measure(() => this.write(values, consequences));
      this.observeAbandoned(rows[0]?.abandoned);
      return rows.length > 0;
    } catch (error) {
      // The save may be committed although the connection was lost. Only this response contains the new session key: if
      // it became an error, the visitor would lose the session and have to start again.
      if (commit.newKey && isConnectionLost(error) && (await this.isSaved(commit.newKey, sessionId))) return true;
      throw error;
    }
  }

  private async write(values: StatementValues, consequences: CommitParts): Promise<readonly SavedRow[]> {
    const statement = commitStatement(values, consequences);
    const user = userOfOnlySession(consequences);
    if (user !== undefined) return saveOnlySession<SavedRow>(this.source, user, statement);
    return (await runNamed<SavedRow>(this.source, ...statement)).rows;
  }

  async findSwitchTarget({ session, set, target }: SwitchQuery): Promise<SwitchTarget | undefined> {
    const values = [session, set, target];
    const { rows } = await runNamed<{ user: string; left_s: number | null }>(this.source, FIND_SWITCH_TARGET, values);
    return rows[0] && { user: rows[0].user, remainingS: rows[0].left_s ?? undefined };
  }

  async recordUnstored({ planId, flowId, versionId, outcome, network }: UnstoredEnding): Promise<void> {
    if (!this.settings.journeys?.isOn) return;
    await runNamed(this.source, RECORD_UNSTORED, [planId, flowId, versionId, outcome, network ?? null]);
  }

  async listSlugs(sessionKey: Buffer): Promise<string[]> {
    const { rows } = await runNamed<{ slug: string }>(this.source, LIST_PLAN_SLUGS, [sessionKey]);
    return rows.map(({ slug }) => slug);
  }

  async deletePlans(sessionKey: Buffer, slug?: string): Promise<Cancellation> {
    const { rows } = await runNamed<CancelledRow>(this.source, DROP_PLANS, [sessionKey, slug ?? null]);
    const [row] = rows;
    this.observeAbandoned(row?.abandoned);
    return { user: row?.user_id ?? undefined, cancelled: row && cancelledPlan(row, this.sealer) };
  }

  /**
   * Returns whether the save that inserts this session key was committed. Retries for at most `saveCheckS` seconds
   * until Postgres answers, because after a crash a standby server may have to be promoted first.
   */
  private async isSaved(newKey: Buffer, sessionId: string): Promise<boolean> {
    const end = performance.now() + this.settings.saveCheckS * 1000;
    while (performance.now() < end) {
      try {
        return (await runNamed(this.source, FIND_SESSION_KEY, [newKey, sessionId])).rows.length > 0;
      } catch (error) {
        if (!isDatabaseUnavailable(error)) throw error;
      }
      await pause(SAVE_CHECK_INTERVAL_MS);
    }
    return false;
  }

  /** Updates the session's `seen_at` in the background. The response does not wait for it. */
  private touch(sessionId: string) {
    runNamed(this.source, TOUCH_SESSION, [sessionId]).catch((error: unknown) =>
      this.settings.logger.event('session_not_marked', { error }),
    );
  }

  private observeAbandoned(flows: readonly ObservedFlow[] | null | undefined) {
    for (const flow of flows ?? []) this.settings.observer?.planEnded(flow, 'abandoned');
  }

  private seal(plan: Plan, revision: number): Buffer {
    const sealed = this.sealer.seal(planSealId(plan.id, revision), planBodyOf(plan));
    if (sealed.length <= MAX_PLAN_BYTES) return sealed;
    throw new Problem('stage_fault', { detail: `the plan is larger than ${MAX_PLAN_BYTES} bytes` });
  }
}

const pendingUserId = ({ context: { pending_user: user } }: Plan) => (user?.kind === 'saved' ? user.uuid : null);

function creation(session: NewPlan['session'], values: unknown[], sessionTtl: string): [NamedStatement, unknown[]] {
  if (!('id' in session))
    return [CREATE_PLAN_AND_SESSION, [...values, session.newKey, sessionTtl, session.leaves ?? null]];
  return session.newKey ? [CREATE_PLAN_AND_KEY, [...values, session.newKey]] : [CREATE_PLAN, values];
}
