import type { Effect } from '@gatehouse/contracts';
import type { Plan } from '@gatehouse/plan';
import type { AttemptStore } from './attempts/attempt-store.js';
import type { AttemptSettlement } from './attempts/settlement.js';
import type { SessionCookie } from './flow-request.js';
import type { EventContext, LoadedFlow, PlanStore, StoredPlan } from './plan-store.js';
import type { ResumeLink } from './resume-links.js';
import { lastSessionChange } from './session-change.js';
import { newSessionKey } from './session-key.js';

/** What a walk achieved, to be saved in one piece or not at all. */
export interface Outcome {
  /** The plan before the first turn since the last save. */
  readonly before: Plan;
  readonly after: Plan;
  readonly effects: readonly Effect[];
  readonly settlement: AttemptSettlement;
  readonly links: readonly ResumeLink[];
  /** Hash of the mailed link's token that this request uses up. */
  readonly burns: Buffer | undefined;
  /** The step whose own link it uses up as well. */
  readonly usesLinkOf: string | undefined;
  readonly about: EventContext;
  /** Whether the plan came to be about a saved user by other means than a typed name. */
  readonly identified: boolean;
}

interface Dependencies {
  readonly plans: PlanStore;
  readonly attempts: AttemptStore;
}

interface Ground {
  readonly loaded: LoadedFlow;
  readonly running: StoredPlan | undefined;
  readonly versionId: string;
}

/** A plan's row, as this request last saw it. */
interface WrittenRow {
  readonly sessionId: string;
  readonly revision: number;
  readonly plan: Plan;
}

/** What one request saves: a plain look nothing, a new plan one insert, anything else one conditional update. */
export class PlanWriter {
  /** What goes into the session cookie. */
  cookie: SessionCookie | undefined;
  private row: WrittenRow | undefined;

  constructor(
    private readonly stores: Dependencies,
    private readonly ground: Ground,
  ) {
    const { running, loaded } = ground;
    this.row = running && { sessionId: loaded.session!.id, revision: running.revision, plan: running.plan };
  }

  /** The revision that whatever is saved next is made from. */
  get revision(): number {
    return this.row?.revision ?? 0;
  }

  /** False when another request was first; then nothing of the outcome has happened. */
  async save(outcome: Outcome): Promise<boolean> {
    if (!hasEffects(outcome) && this.isIdle(outcome.after)) return this.settled(outcome);
    if (this.row) return this.update(this.row, outcome);
    const row = await this.begin(hasEffects(outcome) ? outcome.before : outcome.after, outcome.identified);
    if (!row) return false;
    // Effects need a plan to hang on, so a request that both begins and acts saves twice.
    return hasEffects(outcome) ? this.update(row, outcome) : this.settled(outcome);
  }

  /** Nothing is saved of a look that changed nothing, or of a plan that ended before it was ever stored. */
  private isIdle(after: Plan): boolean {
    return this.row ? isUnchanged(this.row.plan, after) : after.ended !== undefined;
  }

  /** Where nothing is saved, attempts that were not judged go back by themselves: a look must not beat the real answer. */
  private async settled({ settlement }: Outcome): Promise<boolean> {
    await this.stores.attempts.giveBack(settlement.returned);
    return true;
  }

  /**
   * Stores a new plan. One that identifies its user is never stored under the key at hand, which may have been planted: an
   * anonymous visitor gets a session of its own for it, a logged-in one a new key in the same statement.
   */
  private async begin(plan: Plan, isIdentified: boolean): Promise<WrittenRow | undefined> {
    const { loaded, versionId } = this.ground;
    const { session, flowId, row: replaces } = loaded;
    const owner = isIdentified && !session?.user ? undefined : session;
    const key = owner && !isIdentified ? undefined : newSessionKey(owner?.leftS);
    const place = owner ? { id: owner.id, newKey: key?.hash } : { newKey: key!.hash };
    const sessionId = await this.stores.plans.begin({ flowId, versionId, plan, session: place, replaces });
    if (sessionId === undefined) return undefined;
    this.cookie = key?.cookie;
    this.row = { sessionId, revision: 0, plan };
    return this.row;
  }

  private async update({ sessionId, revision }: WrittenRow, outcome: Outcome): Promise<boolean> {
    const { after, settlement, before: _before, identified: _told, ...consequences } = outcome;
    const key = this.newKey(outcome);
    const { loaded, versionId } = this.ground;
    const place = { sessionId, flowId: loaded.flowId, versionId, revision };
    const save = { ...place, ...consequences, ...settlement, plan: after, newKey: key?.hash };
    if (!(await this.stores.plans.save(save))) return false;
    this.cookie = key?.cookie ?? this.cookie;
    this.row = { sessionId, revision: revision + 1, plan: after };
    return true;
  }

  /**
   * Replaces the session key with every gain of identity, so that a key that was planted before is worth nothing: a login or
   * logout, a proved credential, a mailed link, a user who was identified by other means than a typed name (ADR 6, ADR 33).
   */
  private newKey({ effects, settlement, burns, identified }: Outcome) {
    const change = lastSessionChange(effects);
    if (change) return newSessionKey(change.type === 'login' ? (change.duration_s ?? undefined) : undefined);
    const isGain = settlement.cleared.length > 0 || burns !== undefined || identified;
    return isGain ? newSessionKey(this.ground.loaded.session?.leftS) : undefined;
  }
}

const hasEffects = ({ effects, settlement, burns }: Outcome) =>
  effects.length > 0 || settlement.cleared.length > 0 || burns !== undefined;

/** Whatever moves a plan leaves a trace in its trail, so only a look's plan has to be compared. */
const isUnchanged = (a: Plan, b: Plan) => a === b || (a.trail === b.trail && JSON.stringify(a) === JSON.stringify(b));
