import { Problem } from '@gatehouse/contracts';
import { currentStep, type FlowVersion, type Plan } from '@gatehouse/plan';
import type { AttemptStore } from './attempts/attempt-store.js';
import type { CredentialQueue } from './attempts/credential-queue.js';
import type { ClaimedUserGuard } from './claimed-user-guard.js';
import type { CredentialGuard } from './credential-guard.js';
import { crossSiteQuestion, withCrossSiteMark } from './cross-site.js';
import { NO_RESPONSE_EFFECTS } from './effects.js';
import { eventContextOf } from './event-context.js';
import { mayContinue, notApplicable } from './flow-admission.js';
import {
  type ConfiguredSite,
  type ContinuedPlan,
  type FlowContext,
  flowContext,
  type LoadedRequest,
  visitorId,
} from './flow-context.js';
import type { ChallengeSubmission, FlowRequest } from './flow-request.js';
import { type FlowResponse, type FlowResult, flowResponse, loginUrl, responseWithoutPlan } from './flow-response.js';
import { FlowRun } from './flow-run.js';
import { FlowRunner } from './flow-runner.js';
import { LINK_GONE, linkQuestion, withLinkGone, withLinkToken } from './link-confirmation.js';
import { LostRaceProblem } from './lost-race.problem.js';
import { newPlan } from './new-plan.js';
import { observeRun } from './observed-run.js';
import { isUnconfirmedLinkGone, selectPlan } from './plan-selection.js';
import { OvertakenError, PlanWriter } from './plan-writer.js';
import type { Planner } from './planner.js';
import type { PolicyEngine } from './policy-engine.js';
import type { StageContractRegistry } from './ports/clients.js';
import type { SuperuserPermits } from './ports/directory.js';
import type { FlowObserver } from './ports/flow-observer.js';
import type { BrandStore, FlowStore } from './ports/flow-store.js';
import type { EventRecorder, Identity, LoadedFlow, PlanStore } from './ports/plan-store.js';
import type { SessionBindingChecker } from './sessions/session-binding-checker.js';
import type { StageInvoker } from './stage-invoker.js';
import { namesStepOf } from './step-id.js';
import { versionForSession } from './version-choice.js';

interface Dependencies {
  readonly plans: PlanStore;
  readonly flows: FlowStore;
  readonly brands: BrandStore;
  readonly attempts: AttemptStore;
  readonly credentialQueue: CredentialQueue;
  readonly contracts: StageContractRegistry;
  readonly permits: SuperuserPermits;
  readonly stageInvoker: StageInvoker;
  readonly sessionBindings: Pick<SessionBindingChecker, 'check'>;
  readonly credentialGuard: CredentialGuard;
  readonly claimedUserGuard: ClaimedUserGuard;
  readonly policyEngine: PolicyEngine;
  readonly planner: Planner;
  readonly eventRecorder: EventRecorder;
  readonly observer: FlowObserver;
  readonly site: ConfiguredSite;
  readonly now: () => Date;
}

/**
 * Handles one HTTP request: loads all data at once, runs steps of the plan, and in most cases saves once
 * (docs/spec/executor.md#one-request). Contains no special case for any kind of stage.
 */
export class Executor {
  private readonly writer: PlanWriter;

  constructor(private readonly dependencies: Dependencies) {
    this.writer = new PlanWriter(dependencies);
  }

  /**
   * Returns the result of an answer, or without an answer the flow's current challenge. A problem that a step or the
   * planning causes is returned as a result. Any other Problem is thrown.
   */
  async handle(request: FlowRequest): Promise<FlowResponse> {
    const arrival = await this.load(request);
    // The rate limit must be checked before the API token is looked up, so a client with a token still counts as
    // anonymous here (docs/spec/http.md#order-of-checks).
    if (!arrival.user) request.checkAnonymousRate();
    rejectUnacceptableBody(request.answer);
    const tokenUser = await request.authenticate?.();
    if (await this.isSessionEnded(arrival)) return this.sendToLogin(arrival);
    const identified = { ...arrival, user: tokenUser ?? arrival.user };
    if (!tokenUser) rejectForgery(request.answer, identified.user);
    if (request.answer?.bodyProblem) throw request.answer.bodyProblem;
    if (namesEndedPlan(arrival)) return this.repeat(identified, { isKeyProved: true });
    if (arrival.loaded.session?.retired) return this.repeat(identified, { isKeyProved: false });
    return this.continue(identified);
  }

  private async continue(arrival: LoadedRequest): Promise<FlowResponse> {
    const { continued, hasInvalidLink } = await selectPlan(this.dependencies.plans, arrival);
    const context = await this.contextOf(arrival, continued);
    this.refuseSecrets(context);
    if (!mayContinue(context)) return notApplicable(context, []);
    if (!arrival.loaded.session) arrival.request.checkNewSessionRate();
    const run = new FlowRun(context, currentPlan(context), this.dependencies.now);
    const response = await (context.continued ? this.execute(run) : this.start(run)).finally(() =>
      this.dependencies.credentialQueue.leave(arrival.request),
    );
    return hasInvalidLink && !arrival.request.answer ? withLinkGone(response) : response;
  }

  private async load(request: FlowRequest): Promise<LoadedRequest> {
    const loaded = await this.dependencies.plans.load(request.slug, request.sessionKey);
    if (!loaded) throw new Problem('not_found');
    const brand = await this.dependencies.brands.find(request.host, loaded.brandsRevision);
    return { request, loaded, brand, user: loaded.session?.user };
  }

  /**
   * Returns the request's context with the plan to continue. Starts a new plan instead if the flow version of the
   * selected plan was deleted or has an unknown format.
   */
  private async contextOf(arrival: LoadedRequest, selected: ContinuedPlan | undefined): Promise<FlowContext> {
    const pinned = selected && (await this.dependencies.flows.find(selected.versionId));
    const chosen =
      pinned && selected
        ? { version: pinned, versionId: selected.versionId, continued: selected }
        : { ...(await this.versionForNewPlan(arrival.loaded)), continued: undefined };
    return flowContext(arrival, chosen, this.dependencies.site);
  }

  /**
   * Ends the session if the client uses it outside the network or place to which it is bound. Returns whether it did.
   */
  private async isSessionEnded({ request, loaded: { session } }: LoadedRequest): Promise<boolean> {
    const { user } = session ?? {};
    return user !== undefined && !(await this.dependencies.sessionBindings.check({ ...session!, user }, request));
  }

  private async sendToLogin({ request, loaded, brand }: LoadedRequest): Promise<FlowResponse> {
    const { version } = await this.versionForNewPlan(loaded);
    const result = { type: 'done', to: loginUrl(request, version), continues: true } as const;
    return responseWithoutPlan({ version, brand, user: undefined, request }, result);
  }

  /** Refuses a query parameter with the name of a stage's secret field (docs/security.md#accident-21). */
  private refuseSecrets({ request: { queryNames: named }, version }: FlowContext) {
    if (named.some((field) => this.dependencies.contracts.isSecretField(field, version)))
      throw new Problem('credentials_in_query');
  }

  private async versionForNewPlan(loaded: LoadedFlow): Promise<Pick<FlowContext, 'version' | 'versionId'>> {
    const versionId = versionForSession(loaded, loaded.session?.id ?? loaded.newSessionId);
    const version = await this.dependencies.flows.find(versionId);
    if (!version) throw new Error(`flow version ${versionId} does not exist or has an unknown format`);
    return { version, versionId };
  }

  private async start(run: FlowRun): Promise<FlowResponse> {
    const { context } = run;
    const planned = await this.dependencies.planner.plan(run, run.plan).catch(asProblemResult);
    if ('type' in planned) return responseWithoutPlan(context, planned);
    if ('plan' in planned) {
      run.start(planned.plan, planned.effects);
      return this.execute(run);
    }
    const user = run.session.sessionUser ?? undefined;
    await this.dependencies.eventRecorder.record(planned.effects, eventContextOf(run, user));
    return notApplicable(context, planned.refused);
  }

  private async execute(run: FlowRun): Promise<FlowResponse> {
    const { context } = run;
    if (run.leavesSession) context.request.checkNewSessionRate();
    const runner = new FlowRunner(run, this.dependencies, this.writer);
    const result = await runner.go().catch(ifOvertaken).catch(asProblemResult);
    const isSaved =
      result !== undefined && ((result.type === 'problem' && !run.moved) || (await this.writer.save(run)));
    if (isSaved) {
      observeRun(this.dependencies.observer, run, result);
      const { facts, plan, responseEffects: effects, cookie, row } = run;
      const response = flowResponse(context, { result, context: facts, plan, cookie, effects });
      return { sessionId: row?.sessionId, ...response };
    }
    // This request lost the race to save the plan, so the verdict on its answer must not be revealed. The attempt of a
    // right answer is released, so that it does not count as a failure.
    if (run.answerPassed) await this.dependencies.attempts.release(run.reservations);
    const reloaded = { ...(await this.load(context.request)), user: context.user };
    // If the winner of the race replaced the session key, an attacker may have planted the old key. Then only a request
    // whose own answer was right gets the next challenge.
    return this.repeat(reloaded, { isKeyProved: reloaded.loaded.session?.retired !== true || run.answerPassed });
  }

  /**
   * Shows the challenge that another request saved, or how that request ended the plan. Sends no request to a stage. If
   * the session key is retired and this request proved nothing (`isKeyProved` is false), shows only how the plan ended,
   * because an attacker may have planted the key.
   */
  private async repeat(arrival: LoadedRequest, { isKeyProved }: { isKeyProved: boolean }): Promise<FlowResponse> {
    const { stored, session } = arrival.loaded;
    const pinned = stored && (await this.dependencies.flows.find(stored.versionId));
    const version = pinned ?? (await this.versionForNewPlan(arrival.loaded)).version;
    const plan = stored?.plan;
    const isLinkGone = await isUnconfirmedLinkGone(this.dependencies.plans, plan, arrival.request.slug);
    const ending = endResult(plan) ?? (isLinkGone ? LINK_DENIAL : undefined);
    const result = ending ?? (isKeyProved ? this.shown(plan, version) : undefined);
    if (!result) throw new LostRaceProblem();
    const context = session?.retired ? {} : (plan?.context ?? {});
    const { brand, user, request } = arrival;
    return flowResponse(
      { version, brand, user, request },
      { result, context, cookie: undefined, effects: NO_RESPONSE_EFFECTS, plan },
    );
  }

  private shown(plan: Plan | undefined, version: FlowVersion): FlowResult | undefined {
    const step = plan && currentStep(plan, version);
    const contract = step && this.dependencies.contracts.find(step.kind, version);
    const question = step && (linkQuestion(plan) ?? crossSiteQuestion(plan, step, contract));
    if (question) return question;
    if (!contract || plan.shown?.step !== step.id) return undefined;
    return { type: 'show', contract, challenge: plan.shown.challenge, errors: undefined };
  }
}

/** Whether the answer names a step of the session's plan, and that plan has ended: the client has sent it twice. */
const namesEndedPlan = ({ request, loaded: { stored } }: LoadedRequest): boolean =>
  stored?.plan.ended !== undefined && namesStepOf(stored.plan, request.answer?.step);

/** The result of a request whose mailed link another request has used up in the meantime. */
const LINK_DENIAL: FlowResult = { type: 'denied', message: LINK_GONE };

/** Codes of the problems of a request body that are reported before the API token is looked up. */
const REJECTED_BODY_CODES: ReadonlySet<string> = new Set(['unsupported_media_type', 'body_too_large']);

/** Throws the problem of a body if its code is in REJECTED_BODY_CODES (docs/spec/http.md#order-of-checks). */
function rejectUnacceptableBody(answer: ChallengeSubmission | undefined) {
  if (answer?.bodyProblem && REJECTED_BODY_CODES.has(answer.bodyProblem.code)) throw answer.bodyProblem;
}

/** Throws for an answer from another site, and for one without a CSRF token if the session has a user. */
function rejectForgery(answer: ChallengeSubmission | undefined, sessionUser: Identity | undefined) {
  const detail = answer?.crossSiteFailure ?? (sessionUser && answer?.csrfFailure);
  if (detail) throw new Problem('csrf_failed', { detail });
}

/**
 * Returns a Problem as a result, so that the response can show its details to a user with the right to see them.
 * Rethrows other errors.
 */
function asProblemResult(error: unknown): FlowResult {
  if (error instanceof Problem) return { type: 'problem', problem: error };
  throw error;
}

/** Returns `undefined` if another request has saved the plan first (`OvertakenError`). Throws any other error. */
function ifOvertaken(error: unknown): undefined {
  if (!(error instanceof OvertakenError)) throw error;
}

/**
 * Returns the running plan, or a new one, with the current visitor and the last requested destination. `next` is stored
 * unchecked: code that redirects to it first checks that it is a local path.
 */
function currentPlan(context: FlowContext): Plan {
  const { request, continued } = context;
  const given = withLinkToken(continued?.plan ?? newPlan(context));
  const plan = withCrossSiteMark(given, request.crossSite, { isNew: !continued });
  const visitor = visitorId(context);
  const next = request.query['next'] || plan.next;
  if (visitor === plan.visitor && next === plan.next) return plan;
  return { ...plan, visitor, ...(next === undefined ? {} : { next }) };
}

function endResult(plan: Plan | undefined): FlowResult | undefined {
  if (!plan?.ended) return undefined;
  if ('to' in plan.ended) return { type: 'done', to: plan.ended.to };
  return { type: 'denied', message: plan.ended.denied, reason: plan.ended.reason };
}
