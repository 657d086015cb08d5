import {
  bodyErrors,
  type Effect,
  type Errors,
  fieldMessages,
  type Message,
  Problem,
  render,
  type StageReply,
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
  type Visitor,
} from '@gatehouse/plan';
import type { Consultation, Heard } from './consultation.js';
import { isFor, type Planning, refusalOf } from './planning.js';
import type { PolicyEngine } from './policy-engine.js';
import type { Told } from './request.js';
import { type Link, withLinks } from './resuming.js';
import { joined, NOTHING_TO_SETTLE, type Settlement } from './settlement.js';
import type { Situation } from './stage-requests.js';
import type { Contracts } from './stages.js';

/** Steps that the trail of a plan remembers. */
const TRAIL_LENGTH = 50;

/** Where a walk begins, and for whom. */
export interface Start extends Situation {
  readonly visitor: Visitor;
}

interface Parts {
  readonly consultation: Consultation;
  readonly engine: PolicyEngine;
  readonly planning: Planning;
  readonly contracts: Contracts;
  /** The wall clock, for the trail. */
  readonly now: () => Date;
}

/** One request's way through a plan: at most a bounded number of turns, nothing saved and nothing sent on the way. */
export class Walk {
  plan: Plan;
  /** What is known of the visitor; it outlives the plan, so that the last answer can still name them. */
  context: Plan['context'];
  readonly effects: Effect[] = [];
  readonly links: Link[] = [];
  settlement: Settlement = NOTHING_TO_SETTLE;
  /** Whether the visitor's answer passed the step it was for. */
  answerPassed = false;
  private turnBegan = performance.now();

  constructor(
    private readonly start: Start,
    private readonly parts: Parts,
  ) {
    this.plan = start.plan;
    this.context = start.plan.context;
  }

  /** Walks until there is something to tell. Throws Problem if a turn has one; what earlier turns achieved stays in `plan`. */
  async go(): Promise<Told> {
    let told = await this.firstTurn();
    while (!told) told = await this.nextTurn();
    return told;
  }

  /** Ends the plan without asking anybody: its user is gone. */
  async close(): Promise<Told> {
    return this.deny(undefined);
  }

  private async firstTurn(): Promise<Told | undefined> {
    const step = await this.arrive();
    if (!step) return this.finish();
    const { answer } = this.start.request;
    if (!answer) return this.take(step, await this.show(step));
    if (!this.isFor(step, answer.body)) return this.repeat(step);
    const wrong = bodyErrors(answer.body);
    if (wrong) return this.take(step, rejection(await this.show(step), wrong));
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
      return await this.take(step, await this.show(step));
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

  private show(step: Step): Promise<Heard> {
    return this.parts.consultation.show(this.situation(), step);
  }

  /** An answer for another stage's component, or for a step that was never shown, is a late double click. */
  private isFor(step: Step, body: unknown): boolean {
    if (!mayAnswer(this.plan, step)) return false;
    const component = (body as { component?: unknown } | null)?.component;
    if (typeof component !== 'string' || !this.parts.contracts.knows(component)) return true;
    return component === this.parts.contracts.find(step.kind)?.component;
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
    this.settlement = joined(this.settlement, heard.settlement);
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

  /** Notes what is to happen with the save; a login makes the visitor somebody else. */
  private ask(asked: readonly Effect[], step: Step) {
    const { request, version, site } = this.start;
    const place = { step: step.id, slug: version.flow.slug, baseUrl: site.base_url, query: request.query };
    const { effects, links } = withLinks(asked, place);
    this.effects.push(...effects);
    this.links.push(...links);
    const login = effects.find((effect) => effect.type === 'login');
    if (login) this.plan = { ...this.plan, visitor: login.user };
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
    const { version, visitor } = this.start;
    const again = drawAgain(this.plan, version, { keepContext });
    const planned = isFor(version, visitor, again)
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
    return 'invalid' in where ? this.deny({ text: 'Invalid next URL' }) : this.done(where);
  }

  private done(where: Extract<Ending, { to: string }>): Told {
    this.plan = end(this.plan, where);
    return { type: 'done', to: where.to };
  }

  private deny(message: Message | undefined, step?: Step): Told {
    const catalogue = step ? this.parts.contracts.find(step.kind)?.errors : undefined;
    const text = message ? render(message, catalogue ?? {}, fieldMessages).string : '';
    const told = { text: text === '' ? 'Unknown error' : text };
    this.plan = end(this.plan, { denied: told });
    return { type: 'denied', message: told };
  }

  private told(step: Step, challenge: Readonly<Record<string, unknown>>, errors: Errors | undefined): Told {
    const contract = this.parts.contracts.find(step.kind);
    if (!contract) throw new Problem('stage_away');
    return { type: 'show', contract, challenge, errors };
  }

  private situation(): Situation {
    this.turnBegan = performance.now();
    return { ...this.start, plan: this.plan };
  }
}

/** A challenge, shown again because the body was no object. */
function rejection({ reply, ...rest }: Heard, errors: Errors): Heard {
  return { ...rest, reply: reply.type === 'challenge' ? { ...reply, type: 'rejected', errors } : reply };
}
