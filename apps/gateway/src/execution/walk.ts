import {
  bodyErrors,
  type Effect,
  type Errors,
  fieldMessages,
  type Message,
  Problem,
  type StageReply,
  sentence,
  sentenceOf,
} from '@gatehouse/contracts';
import {
  advance,
  currentStep,
  destination,
  drawAgain,
  type Ending,
  end,
  enter,
  MAX_RESTARTS,
  mayAnswer,
  type Plan,
  pendingPolicies,
  remember,
  type Step,
  type Transition,
} from '@gatehouse/plan';
import type { Claim } from './attempts.js';
import type { Consultation, Heard } from './consultation.js';
import { Gains } from './gains.js';
import { isFor, type Planning, refusalOf } from './planning.js';
import type { PolicyEngine } from './policy-engine.js';
import { type Presence, presenceAfter } from './presence.js';
import { type Shower, type Told, UNKNOWN_ERROR } from './request.js';
import { sessionChangeOf } from './session-change.js';
import type { Situation } from './stage-requests.js';
import type { Contracts } from './stages.js';
import type { Start } from './start.js';

/** Steps that the trail of a plan remembers. */
const TRAIL_LENGTH = 50;

/** Another request moved the plan while this one was on its way. */
export class Overtaken extends Error {}

/** Stands before a step that acts until whoever followed a mailed link says that it was they, and no scanner (protocol §8). */
const CONFIRMATION: Shower = { component: 'ak-stage-email', user_info: false, errors: {}, texts: {} };

interface Parts {
  readonly consultation: Consultation;
  readonly engine: PolicyEngine;
  readonly planning: Planning;
  readonly contracts: Contracts;
  /** The wall clock, for the trail. */
  readonly now: () => Date;
}

/** One request's way through a plan: at most a bounded number of turns; nothing is saved before a step needs it to be. */
export class Walk {
  plan: Plan;
  /** What is known of the visitor; it outlives the plan, so that the last answer can still name them. */
  context: Plan['context'];
  /** Effects of this request that have been saved, or are to be. */
  readonly happened: Effect[] = [];
  /** Whether the visitor's answer passed the step it was for. */
  answerPassed = false;
  /** Who is there now: logins and logouts on the way count at once. */
  private present: Presence;
  private turnBegan = performance.now();
  private gains: Gains;
  private kept = false;

  constructor(
    private readonly start: Start,
    private readonly parts: Parts,
  ) {
    this.plan = start.plan;
    this.context = start.plan.context;
    this.present = { sessionUser: start.sessionUser, visitor: start.visitor };
    this.gains = new Gains(start.plan);
  }

  /** Every attempt that was taken on the way and is not settled yet. */
  get claims(): readonly Claim[] {
    const { cleared, returned } = this.gains.settlement;
    return [...cleared, ...returned];
  }

  /** False when another request was first. */
  save(): Promise<boolean> {
    const { about, saving } = this.start;
    return saving.save(this.gains.outcome(this.plan, { ...about, user: this.context.pending_user }));
  }

  get moved(): boolean {
    return this.plan !== this.start.plan;
  }

  /** Walks until there is something to tell. Throws Problem if a turn has one; what earlier turns achieved stays in `plan`. */
  async go(): Promise<Told> {
    let told = this.start.orphaned ? this.deny(undefined) : await this.firstTurn();
    while (!told) told = await this.nextTurn();
    return told;
  }

  private async firstTurn(): Promise<Told | undefined> {
    const step = await this.arrive();
    if (!step) return this.finish();
    const { answer } = this.start.request;
    if (!answer) return this.enter(step);
    if (this.confirm() && this.contractOf(step)?.acts) return this.enter(step);
    if (!this.isFor(step, answer.body)) return this.repeat(step);
    const wrong = bodyErrors(answer.body);
    if (wrong) return this.take(step, rejection(await this.show(step), wrong));
    await this.keepFor(step);
    const heard = await this.parts.consultation.respond(this.situation(), step, answer.body as Record<string, unknown>);
    this.answerPassed = heard.reply.type === 'passed';
    return this.take(step, heard);
  }

  private async nextTurn(): Promise<Told | undefined> {
    try {
      const step = await this.arrive();
      if (!step) return this.finish();
      this.start.turns.refuseMore();
      // Awaited here, so that a problem is told with what earlier turns achieved.
      return await this.enter(step);
    } catch (error) {
      if (error instanceof Problem) return { type: 'problem', problem: error };
      throw error;
    }
  }

  /** The step that the visitor stands before; those whose policies say no are left out on the way. */
  private async arrive(): Promise<Step | undefined> {
    for (;;) {
      const step = currentStep(this.plan, this.start.version);
      const policies = step && pendingPolicies(this.plan, step);
      if (!step || !policies) return step;
      const { plan, ...verdict } = await this.parts.engine.decide(this.situation(), policies, {
        id: step.id,
        index: this.plan.cursor,
      });
      const trail = verdict.pass ? plan.trail : [...plan.trail, this.trace(step, 'skipped')].slice(-TRAIL_LENGTH);
      this.plan = enter({ ...plan, trail }, step, verdict);
      this.context = this.plan.context;
    }
  }

  private async enter(step: Step): Promise<Told | undefined> {
    const waits = this.plan.resumed?.confirmed === false && this.contractOf(step)?.acts;
    if (waits) return { type: 'show', contract: CONFIRMATION, challenge: {}, errors: undefined };
    return this.take(step, await this.show(step));
  }

  /** The first answer to a plan that a mailed link led to uses the link up; whether this is it. */
  private confirm(): boolean {
    const { resumed } = this.plan;
    if (!resumed || resumed.confirmed) return false;
    this.plan = { ...this.plan, resumed: { ...resumed, confirmed: true } };
    this.gains.burns = Buffer.from(resumed.token, 'hex');
    return true;
  }

  /** A stage that writes data of its own is asked from a saved revision, so that asking it again writes nothing twice (protocol §9). */
  private async keepFor(step: Step): Promise<void> {
    if (this.kept || !this.contractOf(step)?.writes_data) return;
    if (!(await this.save())) throw new Overtaken();
    this.kept = true;
    this.gains = new Gains(this.plan);
    this.start.turns.begin();
  }

  private contractOf({ kind }: Step) {
    return this.parts.contracts.find(kind, this.start.version);
  }

  private async show(step: Step): Promise<Heard> {
    await this.keepFor(step);
    return this.parts.consultation.show(this.situation(), step);
  }

  /** An answer for another stage's component, or for a step that was never shown, is a late double click. */
  private isFor(step: Step, body: unknown): boolean {
    if (!mayAnswer(this.plan, step)) return false;
    const component = (body as { component?: unknown } | null)?.component;
    if (typeof component !== 'string' || !this.parts.contracts.knows(component, this.start.version)) return true;
    return component === this.contractOf(step)?.component;
  }

  /** Shows what the visitor was shown, without asking anybody. */
  private async repeat(step: Step): Promise<Told | undefined> {
    const { shown } = this.plan;
    if (shown?.step !== step.id) return this.take(step, await this.show(step));
    return this.told(step, shown.challenge, undefined);
  }

  private async take(step: Step, heard: Heard): Promise<Told | undefined> {
    const { reply } = heard;
    const transition = this.advanced(step, heard);
    this.plan = transition.plan;
    this.context = this.plan.context;
    this.ask(reply.effects ?? [], step);
    this.gains.settle(heard.settlement);
    const { answer } = transition;
    switch (answer.type) {
      case 'show':
        return this.told(step, answer.challenge, answer.errors);
      case 'moved':
        return undefined;
      case 'restart':
        return this.restart(answer.keepContext);
      case 'done':
        return this.finish();
      case 'denied':
        return this.deny(answer.message, step);
    }
  }

  /** Notes what is to happen with the save; a login makes the visitor somebody else, a logout nobody. */
  private ask(asked: readonly Effect[], step: Step) {
    const { request, version, site } = this.start;
    this.gains.add(asked, { step: step.id, slug: version.flow.slug, baseUrl: site.base_url, query: request.query });
    this.happened.push(...asked);
    const change = sessionChangeOf(asked);
    if (!change) return;
    this.plan = { ...this.plan, visitor: change.type === 'login' ? change.user : null };
    this.present = presenceAfter(change, this.present, this.plan);
  }

  private advanced(step: Step, { reply, states }: Heard): Transition {
    const { plan, answer } = advance(this.plan, step, reply);
    const kept = Object.entries(states).reduce((p, [key, state]) => remember(p, key, state), plan);
    const trail = [...kept.trail, this.trace(step, reply.type)].slice(-TRAIL_LENGTH);
    return { plan: reply.type === 'challenge' ? kept : { ...kept, trail }, answer };
  }

  private trace(step: Step, outcome: StageReply['type'] | 'skipped') {
    const ms = Math.round(performance.now() - this.turnBegan);
    return { step: step.id, outcome, at: this.parts.now().toISOString(), ms };
  }

  private async restart(keepContext: boolean): Promise<Told | undefined> {
    if (this.plan.restarts >= MAX_RESTARTS) return this.deny(undefined);
    const { version } = this.start;
    const again = drawAgain(this.plan, version, { keepContext });
    const planned = isFor(version, this.present.visitor, again)
      ? await this.parts.planning.plan({ ...this.situation(), plan: again })
      : { refused: [] };
    if ('refused' in planned) return this.refuse(planned.refused);
    this.plan = planned.plan;
    return undefined;
  }

  /** The flow does not apply any more, now that it starts over. */
  private refuse(messages: readonly string[]): Told {
    const refusal = refusalOf(this.start.version, this.plan.next, messages);
    return 'to' in refusal ? this.done(refusal) : this.deny(refusal.message);
  }

  private finish(): Told {
    const where = destination(this.plan);
    return 'invalid' in where ? this.deny(sentence('Invalid next URL')) : this.done(where);
  }

  private done(where: Extract<Ending, { to: string }>): Told {
    this.end(where);
    return { type: 'done', to: where.to };
  }

  private deny(message: Message | undefined, step?: Step): Told {
    const catalogue = step && this.contractOf(step)?.errors;
    const { wire: _, ...said } = sentenceOf(message ?? UNKNOWN_ERROR, catalogue ?? {}, fieldMessages);
    const told = said.text === '' ? UNKNOWN_ERROR : said;
    this.end({ denied: told });
    return { type: 'denied', message: told };
  }

  /** A link is used up when its plan ends, whoever looked at it. */
  private end(ending: Ending) {
    this.confirm();
    this.plan = end(this.plan, ending);
  }

  private told(step: Step, challenge: Readonly<Record<string, unknown>>, errors: Errors | undefined): Told {
    const contract = this.contractOf(step);
    if (!contract) throw new Problem('stage_away');
    return { type: 'show', contract, challenge, errors };
  }

  private situation(): Situation {
    this.turnBegan = performance.now();
    return { ...this.start, ...this.present, plan: this.plan, revision: this.start.saving.revision };
  }
}

/** A challenge, shown again because the body was no object. */
function rejection({ reply, ...rest }: Heard, errors: Errors): Heard {
  return { ...rest, reply: reply.type === 'challenge' ? { ...reply, type: 'rejected', errors } : reply };
}
