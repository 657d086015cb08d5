import { randomUUID } from 'node:crypto';
import { Problem } from '@gatehouse/contracts';
import { createPlan, currentStep, type FlowVersion, meetsRequirement, type Plan, type Visitor } from '@gatehouse/plan';
import type { AttemptStore } from './attempts/attempt-store.js';
import type { CredentialQueue } from './attempts/credential-queue.js';
import type { BrandStore } from './brand-store.js';
import type { ClaimedUserGuard } from './claimed-user-guard.js';
import type { CredentialGuard } from './credential-guard.js';
import { marked, questionBefore } from './cross-site.js';
import type { EventRecorder } from './event-recorder.js';
import type { ChallengeSubmission, FlowRequest, FlowResponse, FlowResult } from './flow-request.js';
import { OvertakenError } from './flow-run.js';
import { FlowRunner } from './flow-runner.js';
import type { FlowStore } from './flow-store.js';
import { loginUrl } from './login-url.js';
import { type Arrival, type Found, isStored, type SelectedPlan, selectPlan, visitorId } from './plan-selection.js';
import { type Identity, type LoadedFlow, type PlanStore, toSavedUser } from './plan-store.js';
import { PlanWriter } from './plan-writer.js';
import { flowRefusal, type Planner } from './planner.js';
import type { PolicyEngine } from './policy-engine.js';
import type { Start } from './run-start.js';
import type { SessionBindingChecker } from './sessions/session-binding-checker.js';
import { type ConfiguredSite, siteFor } from './site.js';
import type { StageContractRegistry } from './stage-client.js';
import type { StageInvoker } from './stage-invoker.js';
import { StepBudget } from './step-budget.js';
import type { SuperuserPermits } from './superuser-permits.js';

/** Milliseconds that one request may take in all. */
export const REQUEST_DEADLINE_MS = 20_000;

interface Dependencies {
  readonly plans: PlanStore;
  readonly flows: FlowStore;
  readonly brands: BrandStore;
  readonly attempts: AttemptStore;
  readonly lines: CredentialQueue;
  readonly contracts: StageContractRegistry;
  readonly permits: SuperuserPermits;
  readonly consultation: StageInvoker;
  readonly bindings: SessionBindingChecker;
  readonly credentials: CredentialGuard;
  readonly claimedUsers: ClaimedUserGuard;
  readonly engine: PolicyEngine;
  readonly planning: Planner;
  readonly events: EventRecorder;
  readonly site: ConfiguredSite;
  readonly now: () => Date;
}

/** A request with what was loaded for it. */
interface Ground {
  readonly request: FlowRequest;
  readonly loaded: Arrival;
  readonly version: FlowVersion;
}

/**
 * One request: one load, the turns, one conditional save (docs/spec/executor.md#one-request). Knows no stage by name.
 */
export class Executor {
  constructor(private readonly parts: Dependencies) {}

  /** Shows the current challenge of a flow, or gives it an answer. Throws Problem when nothing can be told. */
  async handle(request: FlowRequest): Promise<FlowResponse> {
    const found = await this.load(request);
    // Whoever brings a token is a stranger until it is looked up, which takes its turn after the rate
    // (docs/spec/http.md#order-of-checks).
    if (!found.session?.user) request.admitStranger();
    rejectUnacceptableBody(request.answer);
    const tokenUser = await request.authenticate?.();
    if (await this.hasLeft(found, request)) return this.sendToLogin(request, found);
    const loaded = { ...found, user: tokenUser ?? found.session?.user };
    if (!tokenUser) rejectForgery(request.answer, loaded.user);
    if (request.answer?.unreadable) throw request.answer.unreadable;
    return loaded.session?.retired ? this.repeat(request, loaded, false) : this.goOn(request, loaded);
  }

  private async goOn(request: FlowRequest, loaded: Arrival): Promise<FlowResponse> {
    const known = await selectPlan(this.parts.plans, loaded, request);
    const pinned = known && (await this.parts.flows.find(known.versionId));
    // A plan whose version is gone, or of a kind that is not understood any more, is dropped alone.
    const running = pinned && known;
    const version = pinned ?? (await this.newest(loaded));
    this.refuseSecrets(request, version);
    const ground = { request, loaded, version };
    if (!mayContinue(running?.plan, ground)) return notApplicable(ground, []);
    const answer = running ? this.walk(ground, this.startOf(ground, running)) : this.begin(ground);
    return answer.finally(() => this.parts.lines.leave(request));
  }

  private async load({ slug, sessionKey, host }: FlowRequest): Promise<Found> {
    const loaded = await this.parts.plans.find(slug, sessionKey);
    if (!loaded) throw new Problem('not_found');
    return { ...loaded, brand: await this.parts.brands.find(host, loaded.brandsRevision) };
  }

  /** Whether the session was bound to another place than this; then it has ended. */
  private async hasLeft({ session }: LoadedFlow, { client }: FlowRequest): Promise<boolean> {
    const { user } = session ?? {};
    return user !== undefined && !(await this.parts.bindings.admits({ ...session!, user }, client));
  }

  private async sendToLogin(request: FlowRequest, found: Found): Promise<FlowResponse> {
    const version = await this.newest(found);
    const loaded = { ...found, session: undefined, user: undefined };
    return withoutPlan({ request, loaded, version }, { type: 'done', to: loginUrl(request, version) });
  }

  /**
   * What the flow's own stages take for a secret does not belong in an address either (docs/security.md#accident-21).
   */
  private refuseSecrets({ named }: FlowRequest, version: FlowVersion) {
    if (named.some((field) => this.parts.contracts.isSecret(field, version))) throw new Problem('credentials_in_query');
  }

  private async newest({ newestVersionId }: LoadedFlow): Promise<FlowVersion> {
    const version = await this.parts.flows.find(newestVersionId);
    if (!version) throw new Error(`the flow version ${newestVersionId} cannot be read`);
    return version;
  }

  private async begin(ground: Ground): Promise<FlowResponse> {
    const start = this.startOf(ground, undefined);
    const planned = await this.parts.planning.plan(start).catch(asProblemResult);
    if ('type' in planned) return withoutPlan(ground, planned);
    if ('plan' in planned)
      return this.walk(ground, {
        ...start,
        ...planned,
        identified: planned.plan.context.pending_user?.kind === 'saved',
      });
    await this.parts.events.record(planned.effects, { ...start.about, user: start.sessionUser ?? undefined });
    return notApplicable(ground, planned.refused);
  }

  private async walk(ground: Ground, start: Start): Promise<FlowResponse> {
    const walk = new FlowRunner(start, this.parts);
    const { progress } = walk;
    const told = await walk.go().catch(ifOvertaken).catch(asProblemResult);
    const won = told !== undefined && ((told.type === 'problem' && !progress.moved) || (await progress.save()));
    if (won) {
      const { context, plan, happened: effects } = progress;
      return flowResponse(ground, { told, context, plan, cookie: start.saving.cookie, effects });
    }
    // The loser learns nothing of its own answer; a right one it need not pay for.
    if (walk.answerPassed) await this.parts.attempts.giveBack(progress.claims);
    const { request, loaded } = ground;
    const reloaded = { ...(await this.load(request)), user: loaded.user };
    // The key was replaced meanwhile: only a client that has proved the same sees what comes next, which may hold secrets.
    return this.repeat(request, reloaded, reloaded.session?.retired !== true || walk.answerPassed);
  }

  private startOf(ground: Ground, known: SelectedPlan | undefined): Start {
    const { request, loaded, version } = ground;
    const versionId = known?.versionId ?? loaded.newestVersionId;
    const running = isStored(known) ? known : undefined;
    const saving = new PlanWriter(this.parts, { loaded, running, versionId });
    return {
      ...{ request, version, saving, revision: saving.revision, about: eventSource(ground) },
      plan: withVisitor(known, ground),
      orphaned: known?.orphaned ?? false,
      identified: known !== undefined && !running,
      sessionUser: loaded.user ? toSavedUser(loaded.user) : null,
      ...proofOf(ground),
      visitor: visitorOf(ground),
      site: siteFor(this.parts.site, loaded.brand),
      locale: request.localeFor(loaded),
      turns: new StepBudget(),
      timeLeftMs: () => request.arrivedAt + REQUEST_DEADLINE_MS - performance.now(),
    };
  }

  /**
   * Shows what another request saved, or how the plan ended; nobody is asked. A key that was retired before the request
   * came (`knew` false) sees how the plan ended and nothing else: it may have been planted.
   */
  private async repeat(request: FlowRequest, loaded: Arrival, knew: boolean): Promise<FlowResponse> {
    const { stored, session } = loaded;
    const version = (stored && (await this.parts.flows.find(stored.versionId))) ?? (await this.newest(loaded));
    const told = endResult(stored?.plan) ?? (knew ? this.shown(stored?.plan, version) : undefined);
    if (!told) throw new Problem('stage_busy', { detail: 'Another request of this session was quicker.' });
    const context = session?.retired ? {} : (stored?.plan.context ?? {});
    const ground = { request, loaded, version };
    return flowResponse(ground, { told, context, cookie: undefined, effects: [], plan: stored?.plan });
  }

  private shown(plan: Plan | undefined, version: FlowVersion): FlowResult | undefined {
    const step = plan && currentStep(plan, version);
    const contract = step && this.parts.contracts.find(step.kind, version);
    const question = step && questionBefore(plan, step, contract);
    if (question) return question;
    if (!contract || plan.shown?.step !== step.id) return undefined;
    return { type: 'show', contract, challenge: plan.shown.challenge, errors: undefined };
  }
}

/** Bodies that are not even looked into, whoever sent them. */
const REJECTED_BODY_CODES: ReadonlySet<string> = new Set(['unsupported_media_type', 'body_too_large']);

/** What cannot be taken is refused before anybody asks whose it is (docs/spec/http.md#order-of-checks). */
function rejectUnacceptableBody(answer: ChallengeSubmission | undefined) {
  if (answer?.unreadable && REJECTED_BODY_CODES.has(answer.unreadable.code)) throw answer.unreadable;
}

/** A foreign page answers for nobody; that an answer may be forged concerns whoever a session vouches for. */
function rejectForgery(answer: ChallengeSubmission | undefined, sessionUser: Identity | undefined) {
  const detail = answer?.foreign ?? (sessionUser && answer?.forged);
  if (detail) throw new Problem('csrf_failed', { detail });
}

/** A problem is told like anything else, so that whoever may see its details can. */
function asProblemResult(error: unknown): FlowResult {
  if (error instanceof Problem) return { type: 'problem', problem: error };
  throw error;
}

/** Undefined: another request was quicker. */
function ifOvertaken(error: unknown): undefined {
  if (!(error instanceof OvertakenError)) throw error;
}

function newPlan(version: FlowVersion, { query }: FlowRequest): Plan {
  const { flow_token: _secret, next: _kept, ...rest } = query;
  return { ...createPlan(version, randomUUID()), query: rest };
}

/**
 * Whether the flow is for whoever is here now; that a plan has logged its visitor in or out itself does not shut them out
 * of it, and whoever follows a mailed link was let in when it was sent.
 */
function mayContinue(running: Plan | undefined, ground: Ground): boolean {
  const { authentication } = ground.version.flow;
  if (running?.resumed || meetsRequirement(authentication, visitorOf(ground))) return true;
  if (!running || authentication === 'require_outpost') return false;
  return authentication === 'require_unauthenticated' || running.visitor === null;
}

/** The plan before its first turn: for whoever is here now, to wherever was asked for last. */
function withVisitor(known: SelectedPlan | undefined, { request, loaded, version }: Ground): Plan {
  const plan = marked(known?.plan ?? newPlan(version, request), request.crossSite, { isNew: !known });
  const visitor = visitorId(loaded);
  const next = request.query['next'] || plan.next;
  if (visitor === plan.visitor && next === plan.next) return plan;
  return { ...plan, visitor, ...(next === undefined ? {} : { next }) };
}

/** What the session has proved of its user. The user of a token may be another one, who has proved nothing. */
function proofOf({ request, loaded: { session } }: Ground) {
  const own = request.authenticate ? undefined : session;
  return {
    proved: own?.user !== undefined && own.proved === true,
    recent: own?.user !== undefined && own.recent === true,
  };
}

/** What events and reputation are about, but for whom the plan is about by then. */
function eventSource({ request: { client }, loaded: { session }, version }: Ground): Start['about'] {
  const sessionUser = session?.user && toSavedUser(session.user);
  return { sessionUser, clientIp: client.ip, userAgent: client.user_agent, flow: version.flow.slug };
}

function visitorOf({ request, loaded }: Ground): Visitor {
  const { user } = loaded;
  return { authenticated: user !== undefined, superuser: user?.is_superuser ?? false, outpost: request.client.outpost };
}

/** A flow that does not apply leaves no plan behind. */
function notApplicable(ground: Ground, messages: readonly string[]): FlowResponse {
  const refusal = flowRefusal(ground.version, ground.request.query['next'], messages);
  return withoutPlan(ground, 'to' in refusal ? { type: 'done', ...refusal } : { type: 'denied', ...refusal });
}

const withoutPlan = (ground: Ground, told: FlowResult) =>
  flowResponse(ground, { told, context: {}, cookie: undefined, effects: [], plan: undefined });

function endResult(plan: Plan | undefined): FlowResult | undefined {
  if (!plan?.ended) return undefined;
  return 'to' in plan.ended ? { type: 'done', to: plan.ended.to } : { type: 'denied', message: plan.ended.denied };
}

function flowResponse(
  { loaded, version }: Ground,
  { plan, ...answer }: Pick<FlowResponse, 'told' | 'context' | 'effects' | 'cookie'> & { plan: Plan | undefined },
): FlowResponse {
  const of = { planId: plan?.id, crossSite: plan?.cross_site !== undefined };
  return { ...answer, ...of, version, brand: loaded.brand, sessionUser: loaded.user };
}
