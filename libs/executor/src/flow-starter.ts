import { isDeepStrictEqual } from 'node:util';
import { Problem, type SavedUser } from '@gatehouse/contracts';
import {
  addsUser,
  applySeed,
  createPlan,
  type FlowVersion,
  mayStart,
  meetsRequirement,
  type Plan,
  type PlanSeed,
  type PolicySet,
  redirectedPlan,
  type UserSwitch,
  visitorIn,
} from '@gatehouse/plan';
import { uuidV7 } from '@gatehouse/platform';
import { withCrossSiteMark } from './cross-site.js';
import type { EventEffect } from './effects.js';
import { withClient } from './ended-journey.js';
import { eventContextOf } from './event-context.js';
import { type ConfiguredSite, type FlowContext, flowContext, visitorId, visitorOf } from './flow-context.js';
import type { FlowRequest } from './flow-request.js';
import { FlowRun } from './flow-run.js';
import { LostRaceProblem } from './lost-race.problem.js';
import { clientFacts } from './new-plan.js';
import { observeNewPlan } from './observed-run.js';
import type { Planner } from './planner.js';
import type { PolicyEngine } from './policy-engine.js';
import type { FlowObserver } from './ports/flow-observer.js';
import type { BrandStore, FlowStore } from './ports/flow-store.js';
import type { EventRecorder } from './ports/plan-store.js';
import { type Identity, type LoadedFlow, type PlanStore, toSavedUser } from './ports/plan-store.js';
import { newSessionKey, type SessionCookie } from './session-key.js';
import { versionForSession } from './version-choice.js';

interface Dependencies {
  readonly plans: PlanStore;
  readonly flows: FlowStore;
  readonly brands: BrandStore;
  readonly planner: Planner;
  readonly policyEngine: PolicyEngine;
  readonly eventRecorder: EventRecorder;
  readonly observer: FlowObserver;
  readonly site: ConfiguredSite;
}

/** How to start a flow: for which user, with which facts and which additional steps. */
export interface FlowStartOptions extends PlanSeed {
  /** The logged-in user; `undefined` for an anonymous visitor. */
  readonly visitor: Identity | undefined;
  /**
   * Whether a running plan is kept if the same user started it for the same application, with the same additional
   * steps. A request from another site keeps it in any case.
   */
  readonly continues?: boolean;
  /**
   * Whether an anonymous visitor stays in the session, or gets one with the short lifetime of an unanswered session.
   * Only for facts and steps that grant nothing, because an attacker may have planted the session key.
   */
  readonly keepsSession?: boolean;
  /**
   * The plan whose redirect stage leads to this flow. The new plan is of the same session, also for an anonymous
   * visitor. If `keepsContext` is true, it gets the facts and proofs of the old plan.
   */
  readonly redirect?: { readonly from: Plan; readonly flow: FlowVersion['flow']; readonly keepsContext: boolean };
  /**
   * Set if the plan logs a further user in beside the present user of the browser, or switches the browser to the
   * session of another user.
   */
  readonly userSwitch?: UserSwitch;
  /** Policies that must pass besides the flow's own, such as those of the application that the flow authorizes. */
  readonly access?: { readonly set: PolicySet; readonly policies: FlowVersion['policies'] };
}

/** A started flow: its plan, and the session cookie to set if the visitor got a new session. */
export interface StartedFlow {
  readonly plan: Plan;
  readonly cookie: SessionCookie | undefined;
}

/** A plan for a link. It is stored without a session until the link is opened. */
export interface LinkPlan {
  readonly plan: Plan;
  readonly flowId: string;
  readonly version: FlowVersion;
  readonly versionId: string;
}

/** Returns the options with which a user starts a flow for the user's own account. */
export const startForUser = (user: Identity): FlowStartOptions => ({
  visitor: user,
  context: { pending_user: toSavedUser(user) },
});

/**
 * Starts flows with facts, such as the pending user, and with additional steps before or after the flow's own
 * (docs/spec/executor.md#helper-addresses).
 */
export class FlowStarter {
  constructor(private readonly dependencies: Dependencies) {}

  /**
   * Starts a flow: replaces the session's plan of the flow by a new one, if the flow's policies admit it. A request
   * from another site, or with `continues`, keeps the running plan if the same user started it for the same
   * application, with the same additional steps. A request from another site also keeps an anonymous login with a
   * proved credential. For a logged-in user, the flow's authentication requirement is checked later, when the user
   * opens the flow.
   *
   * Without `keepsSession`, an anonymous visitor comes from a login at a source. The visitor gets a new session, whose
   * cookie is returned, because an attacker may have planted the key of the old session.
   *
   * With `redirect`, the authentication requirement is checked at once, and an anonymous visitor stays in the session.
   *
   * Throws `not_found`, `not_authenticated` (the user's session is gone), `flow_not_applicable`, `permission_denied`
   * (by `access`), `rate_limited`, and `stage_busy` if another request was first.
   */
  async start(request: FlowRequest, given: FlowStartOptions): Promise<StartedFlow> {
    const loaded = await this.dependencies.plans.load(request.slug, request.sessionKey);
    if (!loaded) throw new Problem('not_found');
    const options = withSessionUser(given, request, loaded);
    const isInSession = loaded.session !== undefined && staysInSession(options);
    const versionId = versionForSession(loaded, isInSession ? loaded.session.id : loaded.newSessionId);
    const version = await this.dependencies.flows.find(versionId);
    if (!version) throw new Problem('not_found');
    rejectSessionMismatch(loaded, options);
    const kept = keptPlan(request, loaded, options);
    if (kept) return { plan: kept, cookie: undefined };
    if (!loaded.session) request.checkNewSessionRate();
    const context = await this.contextOf(request, { loaded, version, versionId, user: options.visitor });
    const plan = await this.planned(context, options);
    const { flowId, planRow: replaces } = loaded;
    const key = isInSession ? undefined : newSessionKey(undefined);
    const network = request.journeyFacts?.()?.network;
    const newPlan = { flowId, versionId, plan, ...ownerOf(loaded, options, key), replaces, network };
    const sessionId = await this.dependencies.plans.create(newPlan);
    if (!sessionId) throw new LostRaceProblem();
    observeNewPlan(this.dependencies.observer, context);
    return { plan, cookie: key?.cookie };
  }

  /**
   * Plans the current version of a flow for a link with which a user will continue it, and saves no plan. The flow's
   * authentication requirement and policies are those for an anonymous visitor who has followed a link, whoever sent
   * the request. Throws `not_found` and `flow_not_applicable`.
   */
  async planLink(request: FlowRequest, user: SavedUser): Promise<LinkPlan> {
    const loaded = await this.dependencies.plans.load(request.slug, undefined);
    const version = loaded && (await this.dependencies.flows.find(loaded.currentVersionId));
    if (!version) throw new Problem('not_found');
    const { flowId, currentVersionId: versionId } = loaded;
    const anonymous = withoutCaller(request);
    const context = await this.contextOf(anonymous, { loaded, version, versionId, user: undefined });
    const facts = { pending_user: user, is_restored: { step: '', user: user.uuid } };
    const { begun: _seed, ...planned } = await this.planned(context, { visitor: undefined, context: facts });
    // The link sets `is_restored` when it is followed. A restart begins without the user, as after any mailed link.
    const { is_restored: _mark, ...kept } = planned.context;
    return { plan: { ...planned, context: kept }, flowId, version, versionId };
  }

  private async contextOf(
    request: FlowRequest,
    { version, versionId, ...found }: Pick<FlowContext, 'loaded' | 'version' | 'versionId' | 'user'>,
  ): Promise<FlowContext> {
    const brand = await this.dependencies.brands.find(request.host, found.loaded.brandsRevision);
    return flowContext(
      { request, brand, ...found },
      { version, versionId, continued: undefined },
      this.dependencies.site,
    );
  }

  private async planned(context: FlowContext, options: FlowStartOptions): Promise<Plan> {
    const { flow } = context.version;
    const initial = initialPlan(context, options);
    const isChecked = !options.visitor || options.redirect !== undefined || addsUser(initial);
    const visitor = visitorIn(initial, visitorOf(context));
    if (isChecked && !meetsRequirement(flow.authentication, visitor, initial.context))
      throw new Problem('flow_not_applicable');
    if ((options.redirect || options.keepsSession || addsUser(initial)) && !mayStart(context.brand, flow))
      throw new Problem('flow_not_applicable');
    const run = new FlowRun(context, initial, () => new Date());
    const planned = await this.dependencies.planner.plan(run, await this.admitted(run, options));
    await this.record(run, planned.effects);
    if ('refused' in planned) throw new Problem('flow_not_applicable', problemDetail(planned.refused));
    return planned.plan;
  }

  private async admitted(run: FlowRun, { access }: FlowStartOptions): Promise<Plan> {
    const { plan } = run;
    if (!access) return plan;
    const question = { plan, ...access, insertAt: { id: 'access', index: -1 } };
    const decision = await this.dependencies.policyEngine.decide(run, question);
    await this.record(run, decision.effects);
    if (!decision.pass) throw new Problem('permission_denied', problemDetail(decision.messages));
    return decision.plan;
  }

  private record(run: FlowRun, events: readonly EventEffect[]): Promise<void> {
    return this.dependencies.eventRecorder.record(events, eventContextOf(run));
  }
}

/** Returns the request as an anonymous visitor with an unknown browser would have sent it. */
function withoutCaller({ authenticate: _token, outpost: _account, journeyFacts: _facts, ...request }: FlowRequest) {
  const client = { ...request.client, outpost: false, cookies: {} };
  return { ...request, client, sessionKey: undefined, knownBrowserOf: () => undefined, isKnownDevice: () => false };
}

/** Whether the new plan is stored in the session of the request, if the request has one. */
const staysInSession = ({ visitor, redirect, keepsSession }: FlowStartOptions): boolean =>
  visitor !== undefined || redirect !== undefined || keepsSession === true;

/** Returns the session of the new plan: a new session with `key`, or without `key` the session of the request. */
const ownerOf = (
  { session, newSessionId }: LoadedFlow,
  options: FlowStartOptions,
  key: ReturnType<typeof newSessionKey> | undefined,
) => ({
  session: key ? { newId: newSessionId, newKey: key.hash } : { id: session!.id },
  isUnanswered: session ? staysInSession(options) && session.isUnanswered === true : options.keepsSession === true,
});

/**
 * Returns the options. A redirect is for the user of the session, whom the redirecting plan may have logged in or out.
 */
const withSessionUser = (options: FlowStartOptions, request: FlowRequest, { session }: LoadedFlow): FlowStartOptions =>
  options.redirect && !request.authenticate ? { ...options, visitor: session?.user } : options;

/** Throws if the logged-in user has no live session, or if the session key is retired. */
function rejectSessionMismatch({ session }: LoadedFlow, { visitor }: FlowStartOptions) {
  if (session ? session.retired : visitor) throw new Problem('not_authenticated');
}

/** Returns the running plan if the request must keep it. */
function keptPlan({ crossSite }: FlowRequest, { stored }: LoadedFlow, options: FlowStartOptions): Plan | undefined {
  if (!stored || stored.plan.ended || !staysInSession(options)) return undefined;
  const isSame = (crossSite || options.continues) && isStartedBy(stored.plan, options);
  return isSame || (crossSite && isProvedLogin(stored.plan, options)) ? stored.plan : undefined;
}

/** Whether an anonymous visitor has proved a credential in the plan, whatever application the plan is for. */
const isProvedLogin = ({ visitor: owner, proved_user }: Plan, { visitor, keepsSession }: FlowStartOptions): boolean =>
  keepsSession === true && !visitor && owner === null && proved_user !== undefined;

/** Whether the same user started the plan for the same application, with the same additional steps. */
const isStartedBy = (
  { visitor: owner, begun, user_switch }: Plan,
  { visitor, insert, context, userSwitch }: FlowStartOptions,
): boolean =>
  owner === (visitor?.uuid ?? null) &&
  isDeepStrictEqual([begun?.insert, user_switch], [insert, userSwitch]) &&
  begun?.context.application?.uuid === context.application?.uuid;

function initialPlan(context: FlowContext, { context: facts, insert, redirect, userSwitch }: FlowStartOptions): Plan {
  const { query, crossSite } = context.request;
  const { flow_token: _secret, next, ...rest } = query;
  const empty = withClient(createPlan(context.version, uuidV7()), context.request);
  const seeded = redirect
    ? redirectedPlan(empty, redirect)
    : applySeed(empty, { context: { ...clientFacts(context), ...facts }, insert });
  const plan = withCrossSiteMark(seeded, crossSite, { isNew: true });
  const switching = userSwitch && { user_switch: userSwitch };
  return { ...plan, visitor: visitorId(context), query: rest, ...(next ? { next } : {}), ...switching };
}

const problemDetail = (messages: readonly string[]) => (messages.length > 0 ? { detail: messages.join('\n') } : {});
