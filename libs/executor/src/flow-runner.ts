import {
  bodyErrors,
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
  enterStep,
  forgetState,
  MAX_SILENT_RESTARTS,
  mayAnswer,
  type Plan,
  type PlanEnding,
  type PlanTransition,
  pendingPolicies,
  rememberState,
  restartPlan,
  type Step,
  unmarkCrossSite,
  withoutWorkId,
} from '@gatehouse/plan';
import type { ClaimedUserGuard } from './claimed-user-guard.js';
import type { CredentialGuard } from './credential-guard.js';
import { askedAgain, isPersonal, isYes, questionBefore } from './cross-site.js';
import { type ChallengeSource, type FlowResult, methodOf, UNKNOWN_ERROR } from './flow-request.js';
import { FlowRun } from './flow-run.js';
import { flowRefusal, isApplicable, type Planner } from './planner.js';
import type { PolicyEngine } from './policy-engine.js';
import type { Start } from './run-start.js';
import type { StageContractRegistry } from './stage-client.js';
import type { StageInvoker } from './stage-invoker.js';
import { flowUserOf } from './stage-request.js';
import type { StageResult } from './stage-result.js';
import type { SuperuserPermits } from './superuser-permits.js';

/**
 * Stands before a step that acts until whoever followed a mailed link says that it was they, and no scanner
 * (docs/spec/plan.md#mailed-links).
 */
const CONFIRMATION_CHALLENGE: ChallengeSource = {
  component: 'ak-stage-email',
  user_info: false,
  errors: {},
  texts: {},
};

interface Dependencies {
  readonly consultation: StageInvoker;
  readonly engine: PolicyEngine;
  readonly planning: Planner;
  readonly contracts: StageContractRegistry;
  readonly credentials: CredentialGuard;
  readonly claimedUsers: ClaimedUserGuard;
  readonly permits: SuperuserPermits;
  /** The wall clock, for the trail. */
  readonly now: () => Date;
}

/** One request's way through a plan: at most a bounded number of turns; nothing is saved before a step needs it to be. */
export class FlowRunner {
  readonly progress: FlowRun;
  /** Whether the visitor's answer passed the step it was for. */
  answerPassed = false;

  constructor(
    private readonly start: Start,
    private readonly parts: Dependencies,
  ) {
    this.progress = new FlowRun(start, parts.now);
  }

  /** Walks until there is something to tell. Throws Problem if a turn has one; what earlier turns achieved stays in `progress`. */
  async go(): Promise<FlowResult> {
    let told = this.start.orphaned ? this.deny(undefined) : await this.firstTurn();
    while (!told) told = await this.nextTurn();
    return told;
  }

  private async firstTurn(): Promise<FlowResult | undefined> {
    const step = await this.arrive(methodOf(this.start.request));
    if (!step) return this.finish();
    const { answer } = this.start.request;
    if (!answer) return this.enter(step);
    const question = this.questionBefore(step);
    if (question && !isYes(answer.body, this.progress.plan)) return askedAgain(question);
    if (question) return this.enterUnmarked(step);
    if (this.progress.confirm() && this.contractOf(step)?.acts) return this.enter(step);
    if (!this.isFor(step, answer.body)) return this.repeat(step);
    if (isPersonal(answer.body, this.contractOf(step))) this.progress.move(unmarkCrossSite(this.progress.plan));
    const wrong = bodyErrors(answer.body);
    if (wrong) return this.take(step, asRejection(await this.show(step), wrong));
    await this.keepFor(step);
    const heard = await this.parts.consultation.respond(
      this.progress.situation(),
      step,
      answer.body as Record<string, unknown>,
    );
    this.answerPassed = heard.reply.type === 'passed';
    if (isJudged(heard.reply)) this.progress.move(withoutWorkId(this.progress.plan));
    return this.take(step, heard);
  }

  private async nextTurn(): Promise<FlowResult | undefined> {
    try {
      // A client of the reference is led to the next step, and asks for it by GET.
      const step = await this.arrive('GET');
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
  private async arrive(method: 'GET' | 'POST'): Promise<Step | undefined> {
    for (;;) {
      const step = currentStep(this.progress.plan, this.start.version);
      const policies = step && pendingPolicies(this.progress.plan, step);
      if (!step) return undefined;
      if (!policies) {
        if (this.defer(step)) continue;
        await this.parts.claimedUsers.check(this.progress.situation(), step);
        return step;
      }
      const { id, kind } = step;
      const { plan, effects, ...verdict } = await this.parts.engine.decideStep(
        { ...this.progress.situation(), method },
        { id, kind, policies, index: this.progress.plan.cursor },
      );
      this.progress.record(effects);
      const left = verdict.pass ? plan : this.progress.traced(plan, step, 'skipped');
      this.progress.identify(enterStep(left, step, verdict));
    }
  }

  /** Puts a step that asks for a missing proof before `step`; false if `step` may be asked. Throws proof_required. */
  private defer(step: Step): boolean {
    const insert = this.parts.credentials.proofBefore(this.progress.situation(), step);
    if (!insert) return false;
    const { plan } = advance(this.progress.plan, step, { type: 'passed', insert });
    this.progress.move(this.progress.traced(plan, step, 'deferred'));
    return true;
  }

  private async enter(step: Step): Promise<FlowResult | undefined> {
    const waits = this.progress.plan.resumed?.confirmed === false && this.contractOf(step)?.acts;
    if (waits)
      return { type: 'show', contract: CONFIRMATION_CHALLENGE, challenge: { confirm: true }, errors: undefined };
    return this.questionBefore(step) ?? this.take(step, await this.show(step));
  }

  private enterUnmarked(step: Step): Promise<FlowResult | undefined> {
    this.progress.move(unmarkCrossSite(this.progress.plan));
    return this.enter(step);
  }

  private questionBefore(step: Step) {
    return questionBefore(this.progress.plan, step, this.contractOf(step));
  }

  /**
   * A stage that writes data of its own is asked from a saved revision, so that asking it again writes nothing twice
   * (docs/spec/storage.md#once). A stage that alters users or changes credentials has its service get a permit for the user
   * whom the flow is about (docs/adr/0035).
   */
  private async keepFor(step: Step): Promise<void> {
    const contract = this.contractOf(step);
    if (contract?.writes_data) await this.progress.keep();
    if (!contract?.alters_user && !contract?.changes_credentials) return;
    const user = flowUserOf(this.progress.situation());
    if (user) await this.parts.permits.grant(user.uuid, contract.service);
  }

  private contractOf({ kind }: Step) {
    return this.parts.contracts.find(kind, this.start.version);
  }

  private async show(step: Step): Promise<StageResult> {
    // To show again what was shown is no work.
    if (this.progress.plan.shown?.step !== step.id) await this.keepFor(step);
    return this.parts.consultation.show(this.progress.situation(), step);
  }

  /** An answer for another stage's component, or for a step that was never shown, is a late double click. */
  private isFor(step: Step, body: unknown): boolean {
    const contract = this.contractOf(step);
    if (!mayAnswer(this.progress.plan, step, contract?.attempts)) return false;
    const component = (body as { component?: unknown } | null)?.component;
    if (typeof component !== 'string' || !this.parts.contracts.knows(component, this.start.version)) return true;
    return component === contract?.component;
  }

  /** Shows what the visitor was shown, without asking anybody. */
  private async repeat(step: Step): Promise<FlowResult | undefined> {
    const { shown } = this.progress.plan;
    if (shown?.step !== step.id) return this.take(step, await this.show(step));
    return this.told(step, shown.challenge, undefined);
  }

  private async take(step: Step, heard: StageResult): Promise<FlowResult | undefined> {
    const { reply } = heard;
    const before = this.progress.plan;
    const transition = this.advanced(step, heard);
    this.progress.identify(transition.plan, this.contractOf(step)?.identifies);
    this.progress.ask(reply.effects ?? [], step);
    this.progress.settle(heard.settlement);
    if (reply.type === 'passed' && reply.verified?.length) this.progress.renewKey();
    const { answer } = transition;
    switch (answer.type) {
      case 'show':
        this.nameAnswerTo(step, before);
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

  /** What is answered to a step that writes rows has a name once it is shown, so that the answer costs no save more. */
  private nameAnswerTo(step: Step, before: Plan) {
    if (before.shown?.step !== step.id) this.progress.move(withoutWorkId(this.progress.plan));
    if (this.contractOf(step)?.writes_data) this.progress.name();
  }

  private advanced(step: Step, { reply, states }: StageResult): PlanTransition {
    const { plan, answer } = advance(this.progress.plan, step, reply);
    const kept = Object.entries(states).reduce(
      (p, [key, state]) => (state === null ? forgetState(p, key) : rememberState(p, key, state)),
      plan,
    );
    return { plan: reply.type === 'challenge' ? kept : this.progress.traced(kept, step, reply.type), answer };
  }

  private async restart(keepContext: boolean): Promise<FlowResult | undefined> {
    if (this.progress.plan.silent_restarts >= MAX_SILENT_RESTARTS) return this.deny(undefined);
    const { version } = this.start;
    const again = restartPlan(this.progress.plan, version, { keepContext });
    const planned = isApplicable(version, this.progress.visitor, again)
      ? await this.parts.planning.plan({ ...this.progress.situation(), plan: again })
      : { refused: [], effects: [] };
    this.progress.record(planned.effects);
    if ('refused' in planned) return this.refuse(planned.refused);
    this.progress.identify(planned.plan);
    return undefined;
  }

  /** The flow does not apply any more, now that it starts over. */
  private refuse(messages: readonly string[]): FlowResult {
    const refusal = flowRefusal(this.start.version, this.progress.plan.next, messages);
    return 'to' in refusal ? this.done(refusal) : this.deny(refusal.message);
  }

  private finish(): FlowResult {
    const where = destination(this.progress.plan);
    return 'invalid' in where ? this.deny(sentence('Invalid next URL')) : this.done(where);
  }

  private done(where: Extract<PlanEnding, { to: string }>): FlowResult {
    this.progress.end(where);
    return { type: 'done', to: where.to };
  }

  private deny(message: Message | undefined, step?: Step): FlowResult {
    const catalogue = step && this.contractOf(step)?.errors;
    const { wire: _, ...said } = sentenceOf(message ?? UNKNOWN_ERROR, catalogue ?? {}, fieldMessages);
    const told = said.text === '' ? UNKNOWN_ERROR : said;
    this.progress.end({ denied: told });
    return { type: 'denied', message: told };
  }

  private told(step: Step, challenge: Readonly<Record<string, unknown>>, errors: Errors | undefined): FlowResult {
    const contract = this.contractOf(step);
    if (!contract) throw new Problem('stage_away');
    return { type: 'show', contract, challenge, errors };
  }
}

/** Whether the next answer is another one: to choose among what is shown changes nothing. */
const isJudged = (reply: StageReply): boolean =>
  reply.type === 'rejected' ? true : reply.type === 'challenge' && (reply.state ?? reply.context) !== undefined;

/** A challenge, shown again because the body was no object. */
function asRejection({ reply, ...rest }: StageResult, errors: Errors): StageResult {
  return { ...rest, reply: reply.type === 'challenge' ? { ...reply, type: 'rejected', errors } : reply };
}
