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
import type { EndedJourney } from './journey.js';
import type { PlanCommit } from './plan-commit.js';
import type { StepOutcome } from './ports/flow-observer.js';
import { randomToken } from './resume-links.js';
import type { SessionCookie } from './session-key.js';
import { sessionProof } from './session-proof.js';
import type { SessionState } from './session-state.js';
import { StepBudget } from './step-budget.js';
import { noChanges, type UnsavedChanges } from './unsaved-changes.js';

/** Largest number of entries in a plan's trail. The oldest entries are removed. */
const MAX_TRAIL_ENTRIES = 50;

const WORK_ID_LENGTH = 12;

/** The row of a plan, as this request last read or wrote it. */
export interface SavedRow {
  readonly sessionId: string;
  readonly revision: number;
  readonly plan: Plan;
}

/** The parts of a run that stages, policies and guards read. */
export type FlowRunView = Pick<
  FlowRun,
  'context' | 'plan' | 'session' | 'revision' | 'budget' | 'reputation' | 'consented'
>;

/**
 * One request's run through a plan: the current plan, and the changes to save with it. A `FlowRun` is mutable, its
 * plans are not.
 */
export class FlowRun {
  readonly budget = new StepBudget();
  /** What the effects add to the HTTP response if the last save succeeds. */
  responseEffects: ResponseEffects = NO_RESPONSE_EFFECTS;
  /** Whether the visitor's answer has passed its step. */
  answerPassed = false;
  /** Whether the visitor's answer was a consent, after which no other step was entered (docs/adr/0065). */
  consented: boolean;
  /** The session cookie to set, if a save has made a new key. */
  cookie: SessionCookie | undefined;
  /** Whether the run was saved before a request to a stage that writes data. */
  savedBeforeWork = false;
  /** The plan's row; `undefined` until the plan is stored. */
  row: SavedRow | undefined;
  /** The steps of this run so far, for metrics. */
  readonly stepOutcomes: { readonly kind: string; readonly outcome: StepOutcome }[] = [];
  /** The record of the plan, once this run has ended it. */
  journey: EndedJourney | undefined;
  private firstPlan: Plan;
  private currentPlan: Plan;
  private lastFacts: Plan['context'];
  private currentSession: SessionState;
  private unsaved: UnsavedChanges;
  private stepStartedAt = performance.now();
  /** Whether the visitor had answered at an earlier save of this request. */
  private wasAnswered = false;

  /** `now` is the wall clock, for the trail. */
  constructor(
    readonly context: FlowContext,
    plan: Plan,
    private readonly now: () => Date,
  ) {
    const { continued, loaded, request } = context;
    // A link that the browser opens at the same moment replaces the plan by that of another device.
    this.consented = request.consentedPlan === plan.id;
    this.firstPlan = this.currentPlan = plan;
    this.lastFacts = plan.context;
    this.currentSession = loadedSessionState(context);
    this.unsaved = noChanges(plan);
    if (isStored(continued))
      this.row = { sessionId: loaded.session!.id, revision: continued.revision, plan: continued.plan };
    // A continued plan without a row comes from a mailed link. Its user comes from the link and was not typed, so the
    // save renews the session key.
    else if (continued) this.unsaved.identified = true;
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

  /** The revision that the next save replaces. */
  get revision(): number {
    return this.row?.revision ?? 0;
  }

  /**
   * Whether the first save starts a new session for an anonymous visitor who has one, because an attacker may have
   * planted its key (session fixation).
   */
  get leavesSession(): boolean {
    const { session } = this.context.loaded;
    return this.row === undefined && this.unsaved.identified && session !== undefined && !session.user;
  }

  /** Whether the request has changed the plan. */
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
   * Whether the session's rows get their full lifetime: the visitor has answered a challenge of an existing session, is
   * logged in, or was identified by a proof. An answer without a session does not count, so that an anonymous client
   * cannot create rows of full lifetime with single requests.
   */
  get isAnswered(): boolean {
    const { loaded, request } = this.context;
    const { session } = loaded;
    if (this.wasAnswered || this.unsaved.identified || this.unsaved.usedToken) return true;
    return session !== undefined && (!session.isUnanswered || request.answer !== undefined);
  }

  /** Sets the plan that planning returned, and the events that planning caused. */
  start(planned: Plan, events: readonly EventEffect[]) {
    this.firstPlan = planned;
    this.unsaved = { ...noChanges(planned), identified: planned.context.pending_user?.kind === 'saved' };
    this.move(planned);
    this.record(events);
  }

  move(plan: Plan) {
    this.currentPlan = plan;
    this.lastFacts = plan.context;
  }

  /**
   * Replaces the plan by one whose pending user may have changed. `identifies` says how the stage knows that user;
   * `undefined` if policies named the user.
   */
  identify(plan: Plan, identifies?: IdentificationMethod) {
    const { pending_user: user } = plan.context;
    const isOther = user?.kind === 'saved' && userKey(user) !== userKey(this.currentPlan.context.pending_user);
    if (isOther && identifies !== 'by_name') this.unsaved.identified = true;
    this.move(isOther && identifies === 'by_writing' ? withCreatedUser(plan) : plan);
  }

  /** Records whether the visitor's answer has passed its step, and whether it was a consent. */
  judge(reply: StageReply) {
    this.answerPassed = reply.type === 'passed';
    this.consented = reply.type === 'passed' && reply.consented === true;
  }

  /** Forgets the consent, which counts only for the step right after the step that asked for it. */
  dropConsent() {
    this.consented = false;
  }

  /** Makes the next save replace the session key, because a credential was verified. */
  renewKey() {
    this.unsaved.identified = true;
  }

  /** Makes the next save record in the session that this user was verified. Ignores a user who is not the session's. */
  confirmUser(uuid: string | undefined) {
    this.unsaved.confirmedUser = uuid ?? this.unsaved.confirmedUser;
  }

  /** Starts the clock of the next trail entry. */
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
      // If this link resumed the plan, `confirm` uses the link up by its token. Otherwise the step identifies the link.
      if (collected.usedLinkStep && !this.confirm()) this.unsaved.usedLinkStep = collected.usedLinkStep;
      this.responseEffects = respondToEffect(this.responseEffects, effect);
    }
    const change = lastSessionChange(effects);
    if (!change) return;
    this.currentPlan = { ...this.currentPlan, visitor: change.type === 'login' ? change.user : null };
    this.currentSession = sessionAfter(this.currentSession, change, this.currentPlan);
  }

  /** Collects events, which change nothing else. */
  record(events: readonly EventEffect[]) {
    this.unsaved.effects.push(...events);
  }

  /** Gives the plan an id for the next work of a stage that writes data, unless the plan has one (docs/adr/0023). */
  nameWork() {
    this.currentPlan = withWorkId(this.currentPlan, randomToken(WORK_ID_LENGTH));
  }

  settle(settlement: AttemptSettlement) {
    this.unsaved.settlement = mergeSettlements(this.unsaved.settlement, settlement);
  }

  /** Uses up the mailed link that resumed the plan. Returns false if no link did, or if the link was used up before. */
  confirm(): boolean {
    const { resumed } = this.currentPlan;
    if (!resumed || resumed.confirmed) return false;
    const { token } = resumed;
    // Dropping the shown challenge makes the run save the plan, which uses the link up, before it asks the stage again.
    this.currentPlan = { ...this.currentPlan, shown: undefined, resumed: { token, confirmed: true } };
    this.unsaved.usedToken = Buffer.from(token, 'hex');
    return true;
  }

  /** Ends the plan, and uses up the mailed link that resumed it, unless the link is gone. */
  end(ending: PlanEnding) {
    if (!this.context.continued?.isLinkGone) this.confirm();
    this.journey = endedJourney(this, ending);
    this.currentPlan = endPlan(this.currentPlan, ending);
  }

  /** Returns what the next save of `row` writes. */
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
      extendsSession: this.isAnswered && loaded.session?.isUnanswered === true,
      eventContext: eventContextOf(this),
      proof: sessionProof(this),
      reset: settlement.reset,
      released: settlement.released,
      links,
      usedToken,
      usedLinkStep,
      journey: this.journey,
    };
  }

  /** Clears the collected changes, because the save before a stage's work has saved them. */
  startNewCommit() {
    this.savedBeforeWork = true;
    this.wasAnswered = this.isAnswered;
    this.unsaved = noChanges(this.currentPlan);
    this.budget.restartNumbering();
  }
}
