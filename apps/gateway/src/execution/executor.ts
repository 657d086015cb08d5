import { randomUUID } from 'node:crypto';
import { Problem } from '@gatehouse/contracts';
import { admits, currentStep, draw, type FlowVersion, type Plan, type Visitor } from '@gatehouse/plan';
import type { AttemptLines } from './attempt-lines.js';
import type { Attempts } from './attempts.js';
import type { BindingGuard } from './binding-guard.js';
import type { Brands } from './brands.js';
import type { Consultation } from './consultation.js';
import { marked, questionBefore } from './cross-site.js';
import type { Events } from './events.js';
import type { Flows } from './flows.js';
import { type Arrival, type Found, isStored, type Known, knownPlan, visitorOf } from './going-on.js';
import { loginAddress } from './login-address.js';
import { type Planning, refusalOf } from './planning.js';
import { type Identity, type Loaded, type Plans, savedUserOf } from './plans.js';
import type { PolicyEngine } from './policy-engine.js';
import { Overtaken } from './progress.js';
import type { FlowAnswer, FlowRequest, Posted, SessionCookie, Told } from './request.js';
import { Saving } from './saving.js';
import { type ConfiguredSite, siteOf } from './site.js';
import type { Contracts } from './stages.js';
import type { Start } from './start.js';
import type { SuperuserPermits } from './superuser-permits.js';
import { Turns } from './turns.js';
import { Walk } from './walk.js';

/** Milliseconds that one request may take in all. */
export const REQUEST_DEADLINE_MS = 20_000;

interface Parts {
  readonly plans: Plans;
  readonly flows: Flows;
  readonly brands: Brands;
  readonly attempts: Attempts;
  readonly lines: AttemptLines;
  readonly contracts: Contracts;
  readonly permits: SuperuserPermits;
  readonly consultation: Consultation;
  readonly bindings: BindingGuard;
  readonly engine: PolicyEngine;
  readonly planning: Planning;
  readonly events: Events;
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
  constructor(private readonly parts: Parts) {}

  /** Shows the current challenge of a flow, or gives it an answer. Throws Problem when nothing can be told. */
  async handle(request: FlowRequest): Promise<FlowAnswer> {
    const found = await this.load(request);
    // Whoever brings a token is a stranger until it is looked up, which takes its turn after the rate
    // (docs/spec/http.md#order-of-checks).
    if (!found.session?.user) request.admitStranger();
    refuseUntaken(request.answer);
    const tokenUser = await request.authenticate?.();
    if (await this.hasLeft(found, request)) return this.sendToLogin(request, found);
    const loaded = { ...found, user: tokenUser ?? found.session?.user };
    if (!tokenUser) refuseForged(request.answer, loaded.user);
    if (request.answer?.unreadable) throw request.answer.unreadable;
    return loaded.session?.retired ? this.repeat(request, loaded, false) : this.goOn(request, loaded);
  }

  private async goOn(request: FlowRequest, loaded: Arrival): Promise<FlowAnswer> {
    const known = await knownPlan(this.parts.plans, loaded, request);
    const pinned = known && (await this.parts.flows.find(known.versionId));
    // A plan whose version is gone, or of a kind that is not understood any more, is dropped alone.
    const running = pinned && known;
    const version = pinned ?? (await this.newest(loaded));
    this.refuseSecrets(request, version);
    const ground = { request, loaded, version };
    if (!mayGoOn(running?.plan, ground)) return notAdmitted(ground, []);
    const answer = running ? this.walk(ground, this.startOf(ground, running)) : this.begin(ground);
    return answer.finally(() => this.parts.lines.leave(request));
  }

  private async load({ slug, sessionKey, host }: FlowRequest): Promise<Found> {
    const loaded = await this.parts.plans.find(slug, sessionKey);
    if (!loaded) throw new Problem('not_found');
    return { ...loaded, brand: await this.parts.brands.find(host, loaded.brandsRevision) };
  }

  /** Whether the session was bound to another place than this; then it has ended. */
  private async hasLeft({ session }: Loaded, { client }: FlowRequest): Promise<boolean> {
    const { user } = session ?? {};
    return user !== undefined && !(await this.parts.bindings.admits({ ...session!, user }, client));
  }

  private async sendToLogin(request: FlowRequest, found: Found): Promise<FlowAnswer> {
    const version = await this.newest(found);
    const loaded = { ...found, session: undefined, user: undefined };
    return unplanned({ request, loaded, version }, { type: 'done', to: loginAddress(request, version) });
  }

  /**
   * What the flow's own stages take for a secret does not belong in an address either (docs/security.md#accident-21).
   */
  private refuseSecrets({ named }: FlowRequest, version: FlowVersion) {
    if (named.some((field) => this.parts.contracts.isSecret(field, version))) throw new Problem('credentials_in_query');
  }

  private async newest({ newestVersionId }: Loaded): Promise<FlowVersion> {
    const version = await this.parts.flows.find(newestVersionId);
    if (!version) throw new Error(`the flow version ${newestVersionId} cannot be read`);
    return version;
  }

  private async begin(ground: Ground): Promise<FlowAnswer> {
    const start = this.startOf(ground, undefined);
    const planned = await this.parts.planning.plan(start).catch(problemTold);
    if ('type' in planned) return unplanned(ground, planned);
    if ('plan' in planned)
      return this.walk(ground, {
        ...start,
        ...planned,
        identified: planned.plan.context.pending_user?.kind === 'saved',
      });
    await this.parts.events.record(planned.effects, { ...start.about, user: start.sessionUser ?? undefined });
    return notAdmitted(ground, planned.refused);
  }

  private async walk(ground: Ground, start: Start): Promise<FlowAnswer> {
    const walk = new Walk(start, this.parts);
    const { progress } = walk;
    const told = await walk.go().catch(lost).catch(problemTold);
    const won = told !== undefined && ((told.type === 'problem' && !progress.moved) || (await progress.save()));
    if (won) {
      const { context, plan, happened: effects } = progress;
      return answerOf(ground, { told, context, planId: plan.id, cookie: start.saving.cookie, effects });
    }
    // The loser learns nothing of its own answer; a right one it need not pay for.
    if (walk.answerPassed) await this.parts.attempts.giveBack(progress.claims);
    const { request, loaded } = ground;
    return this.repeat(request, { ...(await this.load(request)), user: loaded.user }, true);
  }

  private startOf(ground: Ground, known: Known | undefined): Start {
    const { request, loaded, version } = ground;
    const versionId = known?.versionId ?? loaded.newestVersionId;
    const running = isStored(known) ? known : undefined;
    const saving = new Saving(this.parts, { loaded, running, versionId });
    return {
      ...{ request, version, saving, revision: saving.revision, about: aboutOf(ground) },
      plan: prepared(known, ground),
      orphaned: known?.orphaned ?? false,
      identified: known !== undefined && !running,
      sessionUser: loaded.user ? savedUserOf(loaded.user) : null,
      proved: loaded.user !== undefined && loaded.session?.proved === true,
      visitor: presentIn(ground),
      site: siteOf(this.parts.site, loaded.brand),
      locale: request.localeFor(loaded),
      turns: new Turns(),
      timeLeftMs: () => request.arrivedAt + REQUEST_DEADLINE_MS - performance.now(),
    };
  }

  /**
   * Shows what another request saved, or how the plan ended; nobody is asked. A key that was retired before the request
   * came (`knew` false) sees how the plan ended and nothing else: it may have been planted.
   */
  private async repeat(request: FlowRequest, loaded: Arrival, knew: boolean): Promise<FlowAnswer> {
    const { stored, session } = loaded;
    const version = (stored && (await this.parts.flows.find(stored.versionId))) ?? (await this.newest(loaded));
    const told = ending(stored?.plan) ?? (knew ? this.shown(stored?.plan, version) : undefined);
    if (!told) throw new Problem('stage_busy', { detail: 'Another request of this session was quicker.' });
    const context = session?.retired ? {} : (stored?.plan.context ?? {});
    return answerOf(
      { request, loaded, version },
      { told, context, cookie: undefined, effects: [], planId: stored?.plan.id },
    );
  }

  private shown(plan: Plan | undefined, version: FlowVersion): Told | undefined {
    const step = plan && currentStep(plan, version);
    const contract = step && this.parts.contracts.find(step.kind, version);
    const question = step && questionBefore(plan, step, contract);
    if (question) return question;
    if (!contract || plan.shown?.step !== step.id) return undefined;
    return { type: 'show', contract, challenge: plan.shown.challenge, errors: undefined };
  }
}

/** Bodies that are not even looked into, whoever sent them. */
const UNTAKEN: ReadonlySet<string> = new Set(['unsupported_media_type', 'body_too_large']);

/** What cannot be taken is refused before anybody asks whose it is (docs/spec/http.md#order-of-checks). */
function refuseUntaken(answer: Posted | undefined) {
  if (answer?.unreadable && UNTAKEN.has(answer.unreadable.code)) throw answer.unreadable;
}

/** A foreign page answers for nobody; that an answer may be forged concerns whoever a session vouches for. */
function refuseForged(answer: Posted | undefined, sessionUser: Identity | undefined) {
  const detail = answer?.foreign ?? (sessionUser && answer?.forged);
  if (detail) throw new Problem('csrf_failed', { detail });
}

/** A problem is told like anything else, so that whoever may see its details can. */
function problemTold(error: unknown): Told {
  if (error instanceof Problem) return { type: 'problem', problem: error };
  throw error;
}

/** Undefined: another request was quicker. */
function lost(error: unknown): undefined {
  if (!(error instanceof Overtaken)) throw error;
}

function begun(version: FlowVersion, { query }: FlowRequest): Plan {
  const { flow_token: _secret, next: _kept, ...rest } = query;
  return { ...draw(version, randomUUID()), query: rest };
}

/**
 * Whether the flow is for whoever is here now; that a plan has logged its visitor in or out itself does not shut them out
 * of it, and whoever follows a mailed link was let in when it was sent.
 */
function mayGoOn(running: Plan | undefined, ground: Ground): boolean {
  const { authentication } = ground.version.flow;
  if (running?.resumed || admits(authentication, presentIn(ground))) return true;
  if (!running || authentication === 'require_outpost') return false;
  return authentication === 'require_unauthenticated' || running.visitor === null;
}

/** The plan before its first turn: for whoever is here now, to wherever was asked for last. */
function prepared(known: Known | undefined, { request, loaded, version }: Ground): Plan {
  const plan = marked(known?.plan ?? begun(version, request), request.crossSite, { isNew: !known });
  const visitor = visitorOf(loaded);
  const next = request.query['next'] || plan.next;
  if (visitor === plan.visitor && next === plan.next) return plan;
  return { ...plan, visitor, ...(next === undefined ? {} : { next }) };
}

/** What events and reputation are about, but for whom the plan is about by then. */
function aboutOf({ request: { client }, loaded: { session }, version }: Ground): Start['about'] {
  const sessionUser = session?.user && savedUserOf(session.user);
  return { sessionUser, clientIp: client.ip, userAgent: client.user_agent, flow: version.flow.slug };
}

function presentIn({ request, loaded }: Ground): Visitor {
  const { user } = loaded;
  return { authenticated: user !== undefined, superuser: user?.is_superuser ?? false, outpost: request.client.outpost };
}

/** A flow that does not apply leaves no plan behind. */
function notAdmitted(ground: Ground, messages: readonly string[]): FlowAnswer {
  const refusal = refusalOf(ground.version, ground.request.query['next'], messages);
  return unplanned(ground, 'to' in refusal ? { type: 'done', ...refusal } : { type: 'denied', ...refusal });
}

const unplanned = (ground: Ground, told: Told) =>
  answerOf(ground, { told, context: {}, cookie: undefined, effects: [], planId: undefined });

function ending(plan: Plan | undefined): Told | undefined {
  if (!plan?.ended) return undefined;
  return 'to' in plan.ended ? { type: 'done', to: plan.ended.to } : { type: 'denied', message: plan.ended.denied };
}

function answerOf(
  { loaded, version }: Ground,
  answer: Pick<FlowAnswer, 'told' | 'context' | 'effects' | 'planId'> & { cookie: SessionCookie | undefined },
): FlowAnswer {
  return { ...answer, version, brand: loaded.brand, sessionUser: loaded.user };
}
