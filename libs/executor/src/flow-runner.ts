import { bodyErrors, type Errors, type Message, Problem, sentence } from '@gatehouse/contracts';
import {
  acceptsAnswer,
  advance,
  currentStep,
  destination,
  enterStep,
  isApplicable,
  isLinkUnconfirmed,
  MAX_SILENT_RESTARTS,
  type Plan,
  type PlanEnding,
  pendingPolicies,
  restartPlan,
  type Step,
  unmarkCrossSite,
  withAnswer,
  withoutWorkId,
} from '@gatehouse/plan';
import type { ClaimedUserGuard } from './claimed-user-guard.js';
import { withTokenError } from './consent-question.js';
import type { CredentialGuard } from './credential-guard.js';
import { confirmsCrossSite, crossSiteQuestion, isVisitorAction } from './cross-site.js';
import { denialEvents } from './denial-events.js';
import { methodOf } from './flow-request.js';
import { denial, type FlowResult, unapplied } from './flow-response.js';
import type { FlowRun } from './flow-run.js';
import { askAboutLink, isForOther, LINK_GONE } from './link-confirmation.js';
import type { PlanWriter } from './plan-writer.js';
import { flowRefusal, type Planner } from './planner.js';
import type { PolicyEngine } from './policy-engine.js';
import type { StageContractRegistry } from './ports/clients.js';
import type { SuperuserPermits } from './ports/directory.js';
import type { PlanStore } from './ports/plan-store.js';
import { confirmedUser } from './session-proof.js';
import type { StageInvoker } from './stage-invoker.js';
import { flowUserOf } from './stage-request.js';
import { asRejection, endsAnswer, isNextAnswerNew, type StageResult } from './stage-result.js';
import { namesOtherStep } from './step-id.js';
import { stepToasts } from './step-toasts.js';
import { transitionOf } from './step-transition.js';
import { switchAtEnd } from './user-switch.js';

const INVALID_NEXT = sentence('Invalid next URL');
const SWITCH_GONE = sentence('The other user is no longer signed in here.');

interface Dependencies {
  readonly stageInvoker: StageInvoker;
  readonly policyEngine: PolicyEngine;
  readonly planner: Planner;
  readonly contracts: StageContractRegistry;
  readonly credentialGuard: CredentialGuard;
  readonly claimedUserGuard: ClaimedUserGuard;
  readonly permits: SuperuserPermits;
  readonly plans: Pick<PlanStore, 'findSwitchTarget'>;
}

/**
 * Moves one run through its plan, for a limited number of steps. Saves the plan only before requests to stages that
 * write data; the executor saves the final state.
 */
export class FlowRunner {
  constructor(
    private readonly run: FlowRun,
    private readonly dependencies: Dependencies,
    private readonly writer: PlanWriter,
  ) {}

  /**
   * Runs steps until there is a result for the visitor. Throws a Problem of the first step. A Problem of a later step
   * is returned as the result, so that the changes of the earlier steps are saved.
   */
  async go(): Promise<FlowResult> {
    const { orphaned, isLinkGone } = this.run.context.continued ?? {};
    let result =
      orphaned || isLinkGone
        ? this.deny(isLinkGone ? LINK_GONE : undefined)
        : (askAboutLink(this.run, this.dependencies.contracts) ?? (await this.firstStep()));
    while (!result) result = await this.nextStep();
    return result;
  }

  private async firstStep(): Promise<FlowResult | undefined> {
    const step = await this.arrive(methodOf(this.run.context.request));
    if (!step) return this.finish();
    const { answer } = this.run.context.request;
    // An answer that confirmed a mailed link was for the gateway's question, not for the step.
    if (!answer || this.run.changes.usedToken) return this.enter(step);
    const question = this.questionBefore(step);
    if (namesOtherStep(this.run)) return unapplied(question ?? (await this.showAgain(step)));
    if (question && !confirmsCrossSite(answer.body, this.run.plan))
      return withTokenError(question, this.run.context.site.api_version);
    if (question) return this.enterUnmarked(step);
    if (!this.isFor(step, answer.body)) return this.showAgain(step);
    if (isVisitorAction(answer.body, this.contractOf(step))) this.run.move(unmarkCrossSite(this.run.plan));
    const errors = bodyErrors(answer.body);
    if (errors) return this.take(step, asRejection(await this.challenge(step), errors));
    return this.respond(step, answer.body as Record<string, unknown>);
  }

  private async respond(step: Step, body: Readonly<Record<string, unknown>>): Promise<FlowResult | undefined> {
    await this.prepareWork(step);
    this.run.startStep();
    const result = await this.dependencies.stageInvoker.respond(this.run, step, body);
    this.run.judge(result.reply);
    if (isNextAnswerNew(result.reply)) this.run.move(withoutWorkId(this.run.plan));
    if (endsAnswer(result.reply)) this.run.move(withAnswer(this.run.plan));
    return this.take(step, result);
  }

  private async nextStep(): Promise<FlowResult | undefined> {
    try {
      // Policies see the method GET from here on: authentik redirects the client to the next step, and so evaluates
      // them in a GET.
      const step = await this.arrive('GET');
      if (!step) return await this.finish();
      this.run.budget.check();
      // Awaited here, so that the `catch` turns a problem into a result and the changes of earlier steps are saved.
      return await this.enter(step);
    } catch (error) {
      if (error instanceof Problem) return { type: 'problem', problem: error };
      throw error;
    }
  }

  /** Returns the current step, after skipping steps whose policies do not pass; `undefined` at the end of the plan. */
  private async arrive(method: 'GET' | 'POST'): Promise<Step | undefined> {
    const { policyEngine, claimedUserGuard } = this.dependencies;
    const { version } = this.run.context;
    for (;;) {
      const step = currentStep(this.run.plan, version);
      const set = step && pendingPolicies(this.run.plan, step);
      if (!step) return undefined;
      this.run.startStep();
      if (!set) {
        if (this.defer(step)) continue;
        await claimedUserGuard.check(this.run, step);
        return step;
      }
      const insertAt = { id: step.id, index: this.run.plan.cursor };
      const question = { plan: this.run.plan, set, insertAt, method };
      const { plan, effects, ...verdict } = await policyEngine.decideStep(this.run, step.kind, question);
      const toasts = verdict.pass ? stepToasts(this.run, verdict.messages) : [];
      this.run.apply([...effects, ...toasts], step);
      const left = verdict.pass ? plan : this.run.withTrailEntry(plan, step, 'skipped');
      this.run.identify(enterStep(left, step, verdict));
    }
  }

  /** Inserts a missing proof step before `step`, or skips a login without any proof. Throws `proof_required`. */
  private defer(step: Step): boolean {
    const insert = this.dependencies.credentialGuard.proofBefore(this.run, step);
    if (!insert && !this.dependencies.credentialGuard.skips(this.run, step)) return false;
    const { plan } = advance(this.run.plan, step, { type: 'passed', ...(insert && { insert }) });
    this.run.move(this.run.withTrailEntry(plan, step, insert ? 'deferred' : 'skipped'));
    return true;
  }

  private async enter(step: Step): Promise<FlowResult | undefined> {
    return this.questionBefore(step) ?? this.take(step, await this.challenge(step));
  }

  private enterUnmarked(step: Step): Promise<FlowResult | undefined> {
    this.run.move(unmarkCrossSite(this.run.plan));
    return this.enter(step);
  }

  private questionBefore(step: Step) {
    return crossSiteQuestion(this.run.plan, step, this.contractOf(step));
  }

  /**
   * Prepares a request to a stage. If the stage writes data, saves the plan, so that a retry writes nothing twice
   * (docs/spec/storage.md#once). If the stage alters users or changes credentials, grants its service a permit for the
   * flow's user (docs/adr/0035).
   */
  private async prepareWork(step: Step): Promise<void> {
    const contract = this.contractOf(step);
    if (contract?.writes_data) await this.writer.saveBeforeWork(this.run);
    if (!contract?.alters_user && !contract?.changes_credentials) return;
    const user = flowUserOf(this.run);
    if (user) await this.dependencies.permits.grant(user.uuid, contract.service);
  }

  private contractOf({ kind }: Step) {
    return this.dependencies.contracts.find(kind, this.run.context.version);
  }

  private async challenge(step: Step): Promise<StageResult> {
    // For a challenge that was shown before, `prepareWork` ran when it was first requested.
    if (this.run.plan.shown?.step !== step.id) await this.prepareWork(step);
    this.run.startStep();
    return this.dependencies.stageInvoker.challenge(this.run, step).finally(() => this.run.dropConsent());
  }

  /** Whether the answer is for this step. An answer for another step, as after a double click, is ignored. */
  private isFor(step: Step, body: unknown): boolean {
    const contract = this.contractOf(step);
    const target = { own: contract?.component, version: this.run.context.version };
    // A plan whose opened link is unconfirmed has no shown challenge. The visitor may still enter the mailed code,
    // because its challenge was shown before the link was opened.
    const isTaken = isLinkUnconfirmed(this.run.plan) || acceptsAnswer(this.run.plan, step, contract?.attempts);
    return isTaken && !isForOther(body, this.dependencies.contracts, target);
  }

  /** Returns the challenge that was shown last. If the plan has none, requests a challenge from the stage. */
  private async showAgain(step: Step): Promise<FlowResult | undefined> {
    const { shown } = this.run.plan;
    if (shown?.step !== step.id) return this.take(step, await this.challenge(step));
    return this.challengeResult(step, shown.challenge, undefined);
  }

  private async take(step: Step, result: StageResult): Promise<FlowResult | undefined> {
    const { reply } = result;
    const before = this.run.plan;
    const { plan, action } = transitionOf(this.run, step, result);
    this.run.identify(plan, this.contractOf(step)?.identifies);
    this.run.apply(reply.effects ?? [], step);
    this.run.settle(result.settlement);
    if (reply.type === 'passed' && reply.verified?.length) this.run.renewKey();
    this.run.confirmUser(confirmedUser(step, this.contractOf(step), reply));
    switch (action.type) {
      case 'show':
        this.nameNextWork(step, before);
        return this.challengeResult(step, action.challenge, action.errors);
      case 'moved':
        return undefined;
      case 'restart':
        return this.restart(action.keepContext);
      case 'done':
        return this.finish();
      case 'denied':
        return this.deny(action.message, step, action.reason);
    }
  }

  /**
   * Gives the plan a work id and saves it together with the challenge. The request that answers the challenge then
   * needs no save before the stage writes data.
   */
  private nameNextWork(step: Step, before: Plan) {
    if (before.shown?.step !== step.id) this.run.move(withoutWorkId(this.run.plan));
    if (this.contractOf(step)?.writes_data) this.run.nameWork();
  }

  private async restart(keepContext: boolean): Promise<FlowResult | undefined> {
    if (this.run.plan.silent_restarts >= MAX_SILENT_RESTARTS) return this.deny(undefined);
    const { version, site } = this.run.context;
    const again = restartPlan(this.run.plan, version, { keepContext });
    const planned = isApplicable(version, this.run.session.visitor, { plan: again, line: site.api_version })
      ? await this.dependencies.planner.plan(this.run, again)
      : { refused: [], effects: [] };
    this.run.record(planned.effects);
    if ('refused' in planned) return this.refuse(planned.refused);
    this.run.identify(planned.plan);
    return undefined;
  }

  /**
   * Ends a plan that may not restart, because the flow's policies or its authentication requirement now refuse the
   * visitor.
   */
  private refuse(messages: readonly string[]): FlowResult {
    const { context, plan, session } = this.run;
    const visit = { visitor: session.visitor, next: plan.next, messages, arrival: plan.context };
    const refusal = flowRefusal(context.version, { ...visit, line: context.site.api_version });
    return 'to' in refusal ? this.done(refusal) : this.deny(refusal.message, undefined, refusal.reason);
  }

  private async finish(): Promise<FlowResult> {
    const target = destination(this.run.plan);
    if ('invalid' in target) return this.deny(INVALID_NEXT, undefined, 'next_invalid');
    const isReady = await switchAtEnd(this.run, this.dependencies.plans);
    return isReady ? this.done(target) : this.deny(SWITCH_GONE, undefined, 'session_ended');
  }

  private done(target: Extract<PlanEnding, { to: string }>): FlowResult {
    this.run.end(target);
    return { type: 'done', to: target.to };
  }

  private deny(message: Message | undefined, step?: Step, named?: string): FlowResult {
    const { type, message: denied, ...reason } = denial(message, step && this.contractOf(step)?.errors, named);
    this.run.record(denialEvents(this.run, step, { message: denied, ...reason }));
    this.run.end({ denied, ...reason });
    return { type, message: denied, ...reason };
  }

  private challengeResult(step: Step, challenge: Readonly<Record<string, unknown>>, errors?: Errors): FlowResult {
    const contract = this.contractOf(step);
    if (!contract) throw new Problem('stage_away');
    return { type: 'show', contract, challenge, errors };
  }
}
