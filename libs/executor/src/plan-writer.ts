import type { Plan } from '@gatehouse/plan';
import type { AttemptStore } from './attempts/attempt-store.js';
import { lastSessionChange } from './effects.js';
import { unstoredEnding } from './ended-journey.js';
import type { FlowRun } from './flow-run.js';
import { continuesReplaced } from './observed-run.js';
import type { SavedRow } from './plan-commit.js';
import type { PlanStore } from './ports/plan-store.js';
import { newSessionKey, type SessionKey } from './session-key.js';
import { sessionProof } from './session-proof.js';

/** Thrown by `saveBeforeWork` if the plan could not be saved, usually because another request has saved it first. */
export class OvertakenError extends Error {}

interface Dependencies {
  readonly plans: PlanStore;
  readonly attempts: AttemptStore;
}

/**
 * Saves the plan of a run: a new plan by an insert, a changed plan by a conditional update. Does not save an unchanged
 * plan.
 */
export class PlanWriter {
  constructor(private readonly stores: Dependencies) {}

  /**
   * Saves a run with all its effects. Returns false and saves nothing if another request has saved the plan first, the
   * user may not log in, or a mailed link was used already or has expired.
   */
  async save(run: FlowRun): Promise<boolean> {
    const acts = hasConsequences(run);
    if (!acts && !isChanged(run)) {
      if (run.journey && !run.row) await this.stores.plans.recordUnstored(unstoredEnding(run, run.journey));
      return this.releaseAttempts(run);
    }
    if (run.row) return this.update(run, run.row);
    const updates = acts || extendsSession(run);
    const row = await this.create(run, updates ? run.changes.planBefore : run.plan);
    if (!row) return false;
    // Only an update saves effects and extends the session, and it needs a row. So a request that creates a plan with
    // effects saves twice.
    return updates ? this.update(run, row) : this.releaseAttempts(run);
  }

  /**
   * Saves a run before a stage writes data, so that a retry sends the stage the same work id. Saves at most once per
   * request. Requests to stages after the save are numbered from the new revision. Throws `OvertakenError` if the save
   * fails.
   */
  async saveBeforeWork(run: FlowRun): Promise<void> {
    if (run.savedBeforeWork) return;
    run.nameWork();
    if (!(await this.save(run))) throw new OvertakenError();
    run.startNewCommit();
  }

  /**
   * Releases the attempts that were not judged. Leaves the plan unsaved, so that this request does not make a
   * concurrent answer lose the race.
   */
  private async releaseAttempts({ changes }: FlowRun): Promise<boolean> {
    await this.stores.attempts.release(changes.settlement.released);
    return true;
  }

  /**
   * Stores a new plan. If the plan already has an identified user, the session key is replaced against session
   * fixation: the same statement creates a new session for an anonymous visitor, or a new key for a logged-in user. The
   * anonymous visitor's old session loses its plan of this flow.
   */
  private async create(run: FlowRun, plan: Plan): Promise<SavedRow | undefined> {
    const { loaded, versionId } = run.context;
    const { session, flowId, newSessionId, planRow: replaces } = loaded;
    const { needsNewKey } = run.changes;
    const owner = run.leavesSession ? undefined : session;
    const key = owner && !needsNewKey ? undefined : newSessionKey(owner?.remainingS);
    const target = owner
      ? { id: owner.id, newKey: key?.hash }
      : { newId: newSessionId, newKey: key!.hash, leaves: session?.id };
    const newPlan = {
      ...{ flowId, versionId, plan, session: target, replaces, isUnanswered: !run.isAnswered },
      isContinuation: continuesReplaced(run.context),
      network: run.context.request.journeyFacts?.()?.network,
    };
    const sessionId = await this.stores.plans.create(newPlan);
    if (sessionId === undefined) return undefined;
    run.cookie = key?.cookie;
    run.row = { sessionId, revision: 0, plan };
    return run.row;
  }

  private async update(run: FlowRun, row: SavedRow): Promise<boolean> {
    const { userSwitch } = run.changes;
    const key = newKeyFor(run);
    const commit = { ...run.commit(row, key?.hash), extendsSession: extendsSession(run) };
    if (!(await this.stores.plans.save(commit))) return false;
    const set = userSwitch?.newSet.cookie.value ?? run.cookie?.set;
    run.cookie = key ? { ...key.cookie, ...(set && { set }) } : run.cookie;
    const sessionId = userSwitch?.action === 'add' ? userSwitch.session : row.sessionId;
    run.row = { sessionId, revision: row.revision + 1, plan: run.plan };
    return true;
  }
}

const hasConsequences = ({ changes: { effects, settlement, usedToken, userSwitch } }: FlowRun): boolean =>
  effects.length > 0 || settlement.reset.length > 0 || usedToken !== undefined || userSwitch !== undefined;

/** Whether the run has the first answer of an anonymous session. The session then gets its full lifetime. */
const extendsSession = ({ isAnswered, context: { loaded } }: FlowRun): boolean =>
  isAnswered && loaded.session?.isUnanswered === true;

/** Whether the plan must be saved. A plan that ends in the request that created it needs no row. */
const isChanged = ({ row, plan }: FlowRun): boolean => (row ? !isSame(row.plan, plan) : plan.ended === undefined);

/**
 * Whether two plans are equal. Compares the whole plans only if they have the same trail, because every step adds to
 * the trail.
 */
const isSame = (a: Plan, b: Plan) => a === b || (a.trail === b.trail && JSON.stringify(a) === JSON.stringify(b));

/** Whether a save of this request has replaced the session key, or the next save will. */
export const renewsSessionKey = (run: FlowRun): boolean => run.cookie !== undefined || replacesKey(run);

/**
 * Whether the run logs in or out, verifies a credential, sets up a device, follows a mailed link, or identifies its
 * user by more than a typed name. An old key that an attacker has planted becomes worthless (docs/adr/0006,
 * docs/adr/0033).
 */
function replacesKey(run: FlowRun): boolean {
  const { effects, settlement, usedToken, needsNewKey, userSwitch } = run.changes;
  const isProof = settlement.reset.length > 0 || usedToken !== undefined || needsNewKey || sessionProof(run);
  return Boolean(isProof || userSwitch || lastSessionChange(effects));
}

/** Returns a new session key if the next save needs one. */
function newKeyFor(run: FlowRun): SessionKey | undefined {
  if (!replacesKey(run)) return undefined;
  const { userSwitch, effects } = run.changes;
  if (userSwitch) return newSessionKey(userSwitch.maxAgeS);
  const change = lastSessionChange(effects);
  if (!change) return newSessionKey(run.context.loaded.session?.remainingS);
  return newSessionKey(change.type === 'login' ? (change.duration_s ?? undefined) : undefined);
}
