import type { Plan } from '@gatehouse/plan';
import type { AttemptStore } from './attempts/attempt-store.js';
import { lastSessionChange } from './effects.js';
import type { FlowRun, SavedRow } from './flow-run.js';
import type { PlanStore } from './ports/plan-store.js';
import { newSessionKey, type SessionKey } from './session-key.js';

/** Thrown when another request has saved the plan first. */
export class OvertakenError extends Error {}

interface Dependencies {
  readonly plans: PlanStore;
  readonly attempts: AttemptStore;
}

/** Saves runs: an unchanged plan by no statement, a new plan by one insert, any other by one conditional update. */
export class PlanWriter {
  constructor(private readonly stores: Dependencies) {}

  /** Returns false if another request was first. Then nothing of the run has happened. */
  async save(run: FlowRun): Promise<boolean> {
    const acts = hasConsequences(run);
    if (!acts && !isChanged(run)) return this.releaseAttempts(run);
    if (run.row) return this.update(run, run.row);
    const row = await this.create(run, acts ? run.changes.planBefore : run.plan);
    if (!row) return false;
    // The statement that saves effects updates a row, so a request that creates a plan and has effects saves twice.
    return acts ? this.update(run, row) : this.releaseAttempts(run);
  }

  /**
   * Saves a run before a stage writes data of its own, so that a repeated request asks for the same work. Does so once in a
   * request, whose later messages are numbered from the new revision. Throws `OvertakenError`.
   */
  async saveBeforeWork(run: FlowRun): Promise<void> {
    if (run.savedBeforeWork) return;
    run.nameWork();
    if (!(await this.save(run))) throw new OvertakenError();
    run.startNewCommit();
  }

  /** Releases attempts that were not judged, without a save of the plan: a GET must not overtake the real answer. */
  private async releaseAttempts({ changes }: FlowRun): Promise<boolean> {
    await this.stores.attempts.release(changes.settlement.released);
    return true;
  }

  /**
   * Stores a new plan. A plan that identifies its user is never stored under the current session key, which may have been
   * planted: an anonymous visitor gets a new session for it, a logged-in user a new key in the same statement.
   */
  private async create(run: FlowRun, plan: Plan): Promise<SavedRow | undefined> {
    const { loaded, versionId } = run.context;
    const { session, flowId, planRow: replaces } = loaded;
    const { identified } = run.changes;
    const owner = identified && !session?.user ? undefined : session;
    const key = owner && !identified ? undefined : newSessionKey(owner?.remainingS);
    const target = owner ? { id: owner.id, newKey: key?.hash } : { newKey: key!.hash };
    const sessionId = await this.stores.plans.create({ flowId, versionId, plan, session: target, replaces });
    if (sessionId === undefined) return undefined;
    run.cookie = key?.cookie;
    run.row = { sessionId, revision: 0, plan };
    return run.row;
  }

  private async update(run: FlowRun, row: SavedRow): Promise<boolean> {
    const key = newKeyFor(run);
    if (!(await this.stores.plans.save(run.commit(row, key?.hash)))) return false;
    run.cookie = key?.cookie ?? run.cookie;
    run.row = { ...row, revision: row.revision + 1, plan: run.plan };
    return true;
  }
}

const hasConsequences = ({ changes: { effects, settlement, usedToken } }: FlowRun): boolean =>
  effects.length > 0 || settlement.reset.length > 0 || usedToken !== undefined;

/** A plan that ended before it was ever stored needs no row. */
const isChanged = ({ row, plan }: FlowRun): boolean => (row ? !isSame(row.plan, plan) : plan.ended === undefined);

/** Every move leaves an entry in the trail, so the plans are compared only if their trail is the same. */
const isSame = (a: Plan, b: Plan) => a === b || (a.trail === b.trail && JSON.stringify(a) === JSON.stringify(b));

/**
 * Returns a new session key whenever the run proves or identifies its user, so that a key that was planted before is worth
 * nothing: a login or logout, a verified credential, a mailed link, a user who was not only named
 * (docs/adr/0006, docs/adr/0033).
 */
function newKeyFor({ changes, context }: FlowRun): SessionKey | undefined {
  const { effects, settlement, usedToken, identified } = changes;
  const change = lastSessionChange(effects);
  if (change) return newSessionKey(change.type === 'login' ? (change.duration_s ?? undefined) : undefined);
  const isProof = settlement.reset.length > 0 || usedToken !== undefined || identified;
  return isProof ? newSessionKey(context.loaded.session?.remainingS) : undefined;
}
