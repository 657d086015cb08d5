import type { Effect, IdentificationMethod, PolicyRequest, StageReply } from '@gatehouse/contracts';
import { endPlan, type Plan, type PlanEnding, type Step, userKey, withCreatedUser, withWorkId } from '@gatehouse/plan';
import type { AttemptReservation } from './attempts/attempt-store.js';
import { type AttemptSettlement, mergeSettlements } from './attempts/settlement.js';
import {
  collectEffect,
  type EventEffect,
  lastSessionChange,
  NO_RESPONSE_EFFECTS,
  type ResponseEffects,
  respondToEffect,
  sessionAfter,
} from './effects.js';
import { endedJourney } from './ended-journey.js';
import { eventContextOf } from './event-context.js';
import { type FlowContext, isStored, loadedSessionState } from './flow-context.js';
import { type EndedJourney, MAX_TRAIL_ENTRIES } from './journey.js';
import type { PlanCommit, SavedRow } from './plan-commit.js';
import type { StepOutcome } from './ports/flow-observer.js';
import { randomToken } from './resume-links.js';
import type { SessionCookie } from './session-key.js';
import { sessionProof } from './session-proof.js';
import type { SessionState } from './session-state.js';
import type { SessionSwitch } from './session-switch.js';
import { StepBudget } from './step-budget.js';
import { noChanges, type UnsavedChanges } from './unsaved-changes.js';
import { addedSession } from './user-switch.js';

const WORK_ID_LENGTH = 12;

/** The parts of a run that the code for stages, policies and guards reads. */
export type FlowRunView = Pick<
  FlowRun,
  'context' | 'plan' | 'session' | 'revision' | 'budget' | 'reputation' | 'consented'
>;

/**
 * One request's run through a plan: the current plan, and the changes to save with it. The run is mutable. Each plan is
 * immutable and replaced by its successor.
 */
export class FlowRun {
  readonly budget = new StepBudget();
  /** What the effects of the steps add to the HTTP response. Used only if the save succeeds. */
  responseEffects: ResponseEffects = NO_RESPONSE_EFFECTS;
  /** Whether the visitor's answer has passed its step. */
  answerPassed = false;
  /** Whether the visitor has just given a consent, and no other step was entered since (docs/adr/0065). */
  consented: boolean;
  /** The session cookie to set; `undefined` if no save has made a new session key. */
  cookie: SessionCookie | undefined;
  /** Whether this request has already saved the plan before a request to a stage that writes data. */
  savedBeforeWork = false;
  /** The plan's row; `undefined` until the plan is stored. */
  row: SavedRow | undefined;
  /** The kind and outcome of each step in this request so far, for metrics. */
  readonly stepOutcomes: { readonly kind: string; readonly outcome: StepOutcome }[] = [];
  /** The plan's journey record; `undefined` until this run ends the plan. */
  journey: EndedJourney | undefined;
  private firstPlan: Plan;
  private currentPlan: Plan;
  private lastFacts: Plan['context'];
  private currentSession: SessionState;
  private unsaved: UnsavedChanges;
  private stepStartedAt = performance.now();
  /** The value of `isAnswered` at an earlier save of this request. */
  private wasAnswered = false;

  /** `now` returns the current time, for the timestamps in the trail. */
  constructor(
    readonly context: FlowContext,
    plan: Plan,
    private readonly now: () => Date,
  ) {
    const { continued, loaded, request } = context;
    // The ids are compared, because a link that was opened at the same time may have replaced the plan by a plan for
    // another device.
    this.consented = request.consentedPlan === plan.id;
    this.firstPlan = this.currentPlan = plan;
    this.lastFacts = plan.context;
    this.currentSession = loadedSessionState(context, plan);
    this.unsaved = noChanges(plan);
    if (isStored(continued))
      this.row = { sessionId: loaded.session!.id, revision: continued.revision, plan: continued.plan };
    // A continued plan without a row comes from a mailed link, which has proved its user. After a proof, the session
    // key is renewed.
    else if (continued) this.unsaved.needsNewKey = true;
  }

  get plan(): Plan {
    return this.currentPlan;
  }

  /** The facts of the plan, also after the plan has ended, so that the last response can name the user. */
  get facts(): Plan['context'] {
    return this.lastFacts;
  }

  /** The session, with the logins and logouts of this run. */
  get session(): SessionState {
    return this.currentSession;
  }

  /** The revision of the row that the next save replaces. */
  get revision(): number {
    return this.row?.revision ?? 0;
  }

  /** Whether the first save moves an anonymous visitor to a new session, against session fixation. */
  get leavesSession(): boolean {
    const { session } = this.context.loaded;
    return this.row === undefined && this.unsaved.needsNewKey && session !== undefined && !session.user;
  }

  /** Whether the plan has changed since it was loaded or planned. */
  get moved(): boolean {
    return this.currentPlan !== this.firstPlan;
  }

  /** Reputation changes that are not saved yet. */
  get reputation(): NonNullable<PolicyRequest['reputation']> {
    return this.unsaved.reputation;
  }

  /** The attempts that the next save resets or releases. */
  get reservations(): readonly AttemptReservation[] {
    const { reset, released } = this.unsaved.settlement;
    return [...reset, ...released];
  }

  /** The changes that the next save writes besides the plan. */
  get changes(): Readonly<UnsavedChanges> {
    return this.unsaved;
  }

  /**
   * Whether the session's rows get their full lifetime: the visitor is logged in, has answered a challenge in an
   * existing session, or was identified by a proof. An answer without a session does not count, because an anonymous
   * client could then create a long-lived row with every request.
   */
  get isAnswered(): boolean {
    const { loaded, request } = this.context;
    const { session } = loaded;
    if (this.wasAnswered || this.unsaved.needsNewKey || this.unsaved.usedToken) return true;
    return session !== undefined && (!session.isUnanswered || request.answer !== undefined);
  }

  /** Replaces the plan by a newly planned one, and collects the events that the planning caused. */
  start(planned: Plan, events: readonly EventEffect[]) {
    this.firstPlan = planned;
    const { pending_user: user } = planned.context;
    const isOther = user?.kind === 'saved' && user.uuid !== this.context.user?.uuid;
    this.unsaved = { ...noChanges(planned), needsNewKey: isOther };
    this.move(planned);
    this.record(events);
  }

  move(plan: Plan) {
    this.currentPlan = plan;
    this.lastFacts = plan.context;
  }

  /** Replaces the plan. `identifies` says how a stage identified its pending user; `undefined` after policies. */
  identify(plan: Plan, identifies?: IdentificationMethod) {
    const { pending_user: user } = plan.context;
    const isOther = user?.kind === 'saved' && userKey(user) !== userKey(this.currentPlan.context.pending_user);
    if (isOther && identifies !== 'by_name') this.unsaved.needsNewKey = true;
    this.move(isOther && identifies === 'by_writing' ? withCreatedUser(plan) : plan);
  }

  /** Records whether the visitor's answer has passed its step, and whether it was a consent. */
  judge(reply: StageReply) {
    this.answerPassed = reply.type === 'passed';
    this.consented = reply.type === 'passed' && reply.consented === true;
  }

  /** Forgets a consent, because it counts only for the step right after the step that asked for it. */
  dropConsent() {
    this.consented = false;
  }

  /** Makes the next save replace the session key, because a credential was verified. */
  renewKey() {
    this.unsaved.needsNewKey = true;
  }

  /** Makes the next save record in the session that this user was verified, if it is the session's user. */
  confirmUser(uuid: string | undefined) {
    this.unsaved.confirmedUser = uuid ?? this.unsaved.confirmedUser;
  }

  /** Starts measuring the duration of a step, for the next entry of the trail. */
  startStep() {
    this.stepStartedAt = performance.now();
  }

  /** Returns the plan with one more entry in its trail. */
  withTrailEntry(plan: Plan, step: Step, outcome: Exclude<StepOutcome, 'fault'>): Plan {
    this.stepOutcomes.push({ kind: step.kind, outcome });
    const ms = Math.round(performance.now() - this.stepStartedAt);
    const { id, kind, stage } = step;
    const entry = { step: id, kind, stage, outcome, at: this.now().toISOString(), ms };
    return { ...plan, trail: [...plan.trail, entry].slice(-MAX_TRAIL_ENTRIES) };
  }

  /** Collects the effects of a step for the next save. A login or logout changes `session` at once. */
  apply(effects: readonly Effect[], step: Step) {
    const { request, version, site } = this.context;
    const origin = { step: step.id, slug: version.flow.slug, baseUrl: site.base_url, query: request.query };
    for (const effect of effects) {
      const collected = collectEffect(effect, origin);
      this.unsaved.effects.push(collected.effect);
      if (collected.link) this.unsaved.links.push(collected.link);
      if (collected.reputation) this.unsaved.reputation.push(collected.reputation);
      // `confirm` uses the link up by its token if the plan was resumed by this link. Otherwise the link is found by
      // its step.
      if (collected.usedLinkStep && !this.confirm()) this.unsaved.usedLinkStep = collected.usedLinkStep;
      this.responseEffects = respondToEffect(this.responseEffects, effect);
    }
    const change = lastSessionChange(effects);
    if (!change) return;
    this.unsaved.userSwitch = addedSession(this, change);
    this.currentPlan = { ...this.currentPlan, visitor: change.type === 'login' ? change.user : null };
    this.currentSession = sessionAfter(this.currentSession, change, this.currentPlan);
  }

  /** Collects events for the next save. Events change neither the plan nor the session. */
  record(events: readonly EventEffect[]) {
    this.unsaved.effects.push(...events);
  }

  /** Gives the plan a work id for the next request to a stage that writes data, unless it has one (docs/adr/0023). */
  nameWork() {
    this.currentPlan = withWorkId(this.currentPlan, randomToken(WORK_ID_LENGTH));
  }

  /** Makes the next save change the browser to another session. */
  leave(to: SessionSwitch) {
    this.unsaved.userSwitch = to;
  }

  settle(settlement: AttemptSettlement) {
    this.unsaved.settlement = mergeSettlements(this.unsaved.settlement, settlement);
  }

  /** Uses up the mailed link that resumed the plan. Returns false without such a link, or if it was used up before. */
  confirm(): boolean {
    const { resumed } = this.currentPlan;
    if (!resumed || resumed.confirmed) return false;
    const { token } = resumed;
    // Without a shown challenge, the run saves the plan before it requests a new challenge. That save uses up the link.
    this.currentPlan = { ...this.currentPlan, shown: undefined, resumed: { token, confirmed: true } };
    this.unsaved.usedToken = Buffer.from(token, 'hex');
    return true;
  }

  /** Ends the plan. Uses up the mailed link that resumed it, unless the link was used up or has expired already. */
  end(ending: PlanEnding) {
    if (!this.context.continued?.isLinkGone) this.confirm();
    this.journey = endedJourney(this, ending);
    this.currentPlan = endPlan(this.currentPlan, ending);
  }

  /** Returns what the next save writes, to replace this row. `newKey` is the hash of a new session key. */
  commit({ sessionId, revision }: SavedRow, newKey: Buffer | undefined): PlanCommit {
    const { loaded, versionId } = this.context;
    const { effects, links, settlement, usedToken, usedLinkStep } = this.unsaved;
    return {
      sessionId,
      flowId: loaded.flowId,
      versionId,
      plan: this.currentPlan,
      revision,
      effects,
      newKey,
      hasAnswer: this.context.request.answer !== undefined,
      isUnanswered: !this.isAnswered,
      eventContext: eventContextOf(this),
      proof: sessionProof(this),
      reset: settlement.reset,
      released: settlement.released,
      links,
      usedToken,
      usedLinkStep,
      journey: this.journey,
      ...{ userSwitch: this.unsaved.userSwitch, loginSet: this.context.request.loginSet },
    };
  }

  /** Clears the collected changes, which were just saved, because a stage is about to write data. */
  startNewCommit() {
    this.savedBeforeWork = true;
    this.wasAnswered = this.isAnswered;
    this.unsaved = noChanges(this.currentPlan);
    this.budget.restartNumbering();
  }
}
