import type { Effect, Identifies, StageReply } from '@gatehouse/contracts';
import { createdBy, endPlan, type Plan, type PlanEnding, type Step, userKey, withWorkId } from '@gatehouse/plan';
import type { AttemptReservation } from './attempts/attempt-store.js';
import type { AttemptSettlement } from './attempts/settlement.js';
import { Gains } from './gains.js';
import { randomToken } from './resume-links.js';
import type { Start } from './run-start.js';
import { lastSessionChange } from './session-change.js';
import { type SessionState, sessionStateAfter } from './session-state.js';
import type { Situation } from './stage-request.js';

/** Steps that the trail of a plan remembers. */
const MAX_TRAIL_ENTRIES = 50;

/** Characters that tell one piece of a plan's work from another. */
const WORK_ID_LENGTH = 12;

/** Another request moved the plan while this one was on its way. */
export class OvertakenError extends Error {}

/** What a trail says of a step that was left. */
type TrailOutcome = StageReply['type'] | 'skipped' | 'deferred';

/** How far one request has come: the plan as it is by now, and what is to happen when it is saved. */
export class FlowRun {
  /** Effects of this request that have been saved, or are to be. */
  readonly happened: Effect[] = [];
  private current: Plan;
  /** What is known of the visitor; it outlives the plan, so that the last answer can still name them. */
  private known: Plan['context'];
  /** Who is there now: logins and logouts on the way count at once. */
  private present: SessionState;
  private gains: Gains;
  private kept = false;
  private turnBegan = performance.now();

  /** `now`: the wall clock, for the trail. */
  constructor(
    private readonly start: Start,
    private readonly now: () => Date,
  ) {
    this.current = start.plan;
    this.known = start.plan.context;
    const { sessionUser, proved, recent, visitor } = start;
    this.present = { sessionUser, proved, recent, visitor };
    this.gains = new Gains(start.plan);
    this.gains.identified = start.identified;
    this.record(start.effects ?? []);
  }

  get plan(): Plan {
    return this.current;
  }

  get context(): Plan['context'] {
    return this.known;
  }

  get visitor(): SessionState['visitor'] {
    return this.present.visitor;
  }

  get moved(): boolean {
    return this.current !== this.start.plan;
  }

  /** Every attempt that was taken on the way and is not settled yet. */
  get claims(): readonly AttemptReservation[] {
    const { cleared, returned } = this.gains.settlement;
    return [...cleared, ...returned];
  }

  /** Where whoever is asked next is asked; their turn begins. */
  situation(): Situation {
    this.turnBegan = performance.now();
    const { reputation } = this.gains;
    return { ...this.start, ...this.present, plan: this.current, revision: this.start.saving.revision, reputation };
  }

  move(plan: Plan) {
    this.current = plan;
    this.known = plan.context;
  }

  /** As `move`, for a plan that may be about another user now. `by`: how a stage knows the user; undefined for policies. */
  identify(plan: Plan, by?: Identifies) {
    const { pending_user: user } = plan.context;
    const isAnother = user?.kind === 'saved' && userKey(user) !== userKey(this.current.context.pending_user);
    if (isAnother && by !== 'by_name') this.gains.identified = true;
    this.move(isAnother && by === 'by_writing' ? createdBy(plan) : plan);
  }

  /** Replaces the session key with the commit, because a credential was verified. */
  renewKey() {
    this.gains.identified = true;
  }

  /** A plan with a line more in its trail. */
  traced(plan: Plan, step: Step, outcome: TrailOutcome): Plan {
    const ms = Math.round(performance.now() - this.turnBegan);
    const line = { step: step.id, outcome, at: this.now().toISOString(), ms };
    return { ...plan, trail: [...plan.trail, line].slice(-MAX_TRAIL_ENTRIES) };
  }

  /** Notes what is to happen with the save; a login makes the visitor somebody else, a logout nobody. */
  ask(asked: readonly Effect[], step: Step) {
    const { request, version, site } = this.start;
    this.gains.add(asked, { step: step.id, slug: version.flow.slug, baseUrl: site.base_url, query: request.query });
    this.happened.push(...asked);
    this.become(asked);
  }

  /** Notes events, which change nothing else. */
  record(events: readonly Effect[]) {
    this.gains.effects.push(...events);
    this.happened.push(...events);
  }

  private become(asked: readonly Effect[]) {
    const change = lastSessionChange(asked);
    if (!change) return;
    this.current = { ...this.current, visitor: change.type === 'login' ? change.user : null };
    this.present = sessionStateAfter(change, this.present, this.current);
  }

  /** Names work that is to be done once; it goes by the name that it has until it is over. */
  name() {
    this.current = withWorkId(this.current, randomToken(WORK_ID_LENGTH));
  }

  settle(settlement: AttemptSettlement) {
    this.gains.settle(settlement);
  }

  /** The first answer to a plan that a mailed link led to uses the link up; whether this is it. */
  confirm(): boolean {
    const { resumed } = this.current;
    if (!resumed || resumed.confirmed) return false;
    this.current = { ...this.current, resumed: { ...resumed, confirmed: true } };
    this.gains.burns = Buffer.from(resumed.token, 'hex');
    return true;
  }

  /** A link is used up when its plan ends, whoever looked at it. */
  end(ending: PlanEnding) {
    this.confirm();
    this.current = endPlan(this.current, ending);
  }

  /** False when another request was first. */
  save(): Promise<boolean> {
    const { about, saving } = this.start;
    const subject = { user: this.known.pending_user, proved: this.present.recent };
    return saving.save(this.gains.outcome(this.current, { ...about, ...subject }));
  }

  /**
   * Saves in the middle, once, before work that is done once; the request then has its turns anew. Whoever comes by
   * meanwhile finds the work named and asks for the same. Throws Overtaken when another was first.
   */
  async keep(): Promise<void> {
    if (this.kept) return;
    this.name();
    if (!(await this.save())) throw new OvertakenError();
    this.kept = true;
    this.gains = new Gains(this.current);
    this.start.turns.begin();
  }
}
