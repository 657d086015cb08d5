import type { Effect } from '@gatehouse/contracts';
import type { FlowVersion, Plan } from '@gatehouse/plan';
import { type AttemptReservation, AttemptStore, type ReservationResult } from '../src/attempts/attempt-store.js';
import type { EventEffect } from '../src/effects.js';
import type { PlanCommit } from '../src/plan-commit.js';
import { SuperuserPermits } from '../src/ports/directory.js';
import { FlowStore } from '../src/ports/flow-store.js';
import {
  EventRecorder,
  type LoadedFlow,
  type NewPlan,
  PlanStore,
  type ResumedPlan,
  type Session,
  type SwitchQuery,
  type SwitchTarget,
} from '../src/ports/plan-store.js';
import type { SessionSwitch } from '../src/session-switch.js';
import { FLOW_ID } from './test-flow.js';

/**
 * Stores one plan, of one session in one flow. Counts loads and saves. A test simulates a concurrent save by increasing
 * `revision`.
 */
export class InMemoryPlanStore extends PlanStore {
  plan: Plan | undefined;
  revision = 0;
  loads = 0;
  saves = 0;
  readonly savedEffects: Effect[] = [];
  /** The id of the flow version of the plan. */
  versionId = 'v1';
  /** The ids of the flow's current version, its candidate and a new session. */
  versions: Pick<LoadedFlow, 'currentVersionId' | 'candidate' | 'newSessionId'> = {
    ...{ currentVersionId: 'v1', candidate: undefined, newSessionId: 's' },
  };
  session: Session | undefined;
  /** The id of the session in which the last plan was created; `undefined` before. */
  sessionId: string | undefined;
  orphaned = false;
  /** The session to which a browser with this set may change. */
  switchTarget: (SwitchTarget & { readonly set: Buffer }) | undefined;
  /** The changes of session that were saved. */
  readonly switches: SessionSwitch[] = [];
  /** Whether the plan that was created last continues the one that it replaces. */
  isContinuation: boolean | undefined;
  /** The plans of mailed links, by the hex SHA-256 of the token. By default, `mailedBy` is the id of the plan. */
  readonly resumedPlans = new Map<string, Omit<ResumedPlan, 'mailedBy'> & Partial<Pick<ResumedPlan, 'mailedBy'>>>();

  async load(slug: string): Promise<LoadedFlow | undefined> {
    this.loads++;
    if (slug !== 'login') return undefined;
    const { plan, revision, versionId, orphaned, session } = this;
    const planRow = plan && { id: plan.id, revision };
    const stored = plan && { plan, revision, versionId, orphaned };
    return { flowId: FLOW_ID, ...this.versions, brandsRevision: 'b1', session, stored, planRow };
  }
  async findResumed(_slug: string, token: Buffer) {
    const found = this.resumedPlans.get(token.toString('hex'));
    return found && { mailedBy: found.plan.id, ...found };
  }
  async create({ plan, replaces, versionId, session, isContinuation }: NewPlan) {
    this.saves++;
    if (this.plan && (replaces?.id !== this.plan.id || replaces.revision !== this.revision)) return undefined;
    Object.assign(this, { plan, isContinuation });
    this.revision = 0;
    this.versionId = versionId;
    this.sessionId = 'id' in session ? session.id : session.newId;
    this.session ??= { id: 's', retired: false, remainingS: undefined, user: undefined };
    return 's';
  }
  async save({ plan, revision, effects, usedToken, userSwitch }: PlanCommit) {
    this.saves++;
    if (revision !== this.revision || plan.id !== this.plan?.id) return false;
    if (usedToken && !this.resumedPlans.delete(usedToken.toString('hex'))) return false;
    this.plan = plan;
    this.revision++;
    this.savedEffects.push(...effects);
    if (userSwitch) this.switches.push(userSwitch);
    return true;
  }
  async findSwitchTarget({ set }: SwitchQuery) {
    return this.switchTarget && set.equals(this.switchTarget.set) ? this.switchTarget : undefined;
  }
  async recordUnstored() {}
  async listSlugs() {
    return this.plan ? ['login'] : [];
  }
  async deletePlans() {
    const { plan } = this;
    this.plan = undefined;
    return { user: this.session?.user?.uuid, cancelled: plan && { slug: 'login', plan } };
  }
}

/** Records reservations. A test may set the `result` that every reservation returns. */
export class InMemoryAttemptStore extends AttemptStore {
  reserved: AttemptReservation[] = [];
  released: AttemptReservation[] = [];
  result: ReservationResult | undefined;
  async reserve(reservations: readonly AttemptReservation[]): Promise<ReservationResult> {
    if (this.result) return this.result;
    this.reserved.push(...reservations);
    return {
      reserved: true,
      reservations: reservations.map((reservation) => ({ ...reservation, reservedAt: 'now' })),
    };
  }
  async release(reservations: readonly AttemptReservation[]) {
    this.released.push(...reservations);
  }
  async unlock() {
    return [];
  }
}

/** A flow store with one flow version. */
export class InMemoryFlowStore extends FlowStore {
  constructor(private readonly version: FlowVersion) {
    super();
  }
  async find() {
    return this.version;
  }
  async findConfigureFlow() {
    return undefined;
  }
  async listConfigurableStages() {
    return [];
  }
  async summarize() {
    return [];
  }
  async listSlugs() {
    return new Map();
  }
  async exists() {
    return true;
  }
  async listFlowsUsing() {
    return [];
  }
}

/** Records the events that are saved without a plan, for a test to read. */
export class InMemoryEventRecorder extends EventRecorder {
  readonly recorded: EventEffect[] = [];
  async record(events: readonly EventEffect[]) {
    this.recorded.push(...events);
  }
}

/** Records the permits that were granted, for a test to read. */
export class InMemorySuperuserPermits extends SuperuserPermits {
  readonly granted: string[] = [];
  readonly services: string[] = [];
  async grant(userId: string, service: string) {
    this.granted.push(userId);
    this.services.push(service);
  }
}
