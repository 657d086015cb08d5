import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { type Effect, Problem } from '@gatehouse/contracts';
import {
  applySeed,
  createPlan,
  type FlowVersion,
  meetsRequirement,
  type Plan,
  type PlanSeed,
  type PolicySet,
} from '@gatehouse/plan';
import type { BrandStore, HostBrand } from './brand-store.js';
import { marked } from './cross-site.js';
import type { EventRecorder } from './event-recorder.js';
import { REQUEST_DEADLINE_MS } from './executor.js';
import type { FlowRequest, SessionCookie } from './flow-request.js';
import type { FlowStore } from './flow-store.js';
import { type Identity, type LoadedFlow, type PlanStore, toSavedUser } from './plan-store.js';
import type { Planner } from './planner.js';
import type { PolicyEngine } from './policy-engine.js';
import { newSessionKey } from './session-key.js';
import { type ConfiguredSite, siteFor } from './site.js';
import type { Situation } from './stage-request.js';
import { StepBudget } from './step-budget.js';

interface Dependencies {
  readonly plans: PlanStore;
  readonly flows: FlowStore;
  readonly brands: BrandStore;
  readonly planning: Planner;
  readonly engine: PolicyEngine;
  readonly events: EventRecorder;
  readonly site: ConfiguredSite;
}

/** How a flow is begun. */
export interface FlowStartOptions extends PlanSeed {
  /** Who is logged in; undefined for a stranger. */
  readonly visitor: Identity | undefined;
  /** Conditions of what it is begun for, beside the flow's own. */
  readonly access?: { readonly set: PolicySet; readonly policies: FlowVersion['policies'] };
}

/** A flow that somebody begins about themselves. */
export const startForUser = (user: Identity): FlowStartOptions => ({
  visitor: user,
  context: { pending_user: toSavedUser(user) },
});

/** A flow that is to begin. */
interface Ground {
  readonly request: FlowRequest;
  readonly version: FlowVersion;
  readonly beginning: FlowStartOptions;
  readonly brand: HostBrand;
}

/**
 * Begins flows that know something from the start: whom they are about, so that their first step need not find out
 * (docs/spec/executor.md#helper-addresses), what for, or what is to happen before or after their own steps.
 */
export class FlowStarter {
  constructor(private readonly parts: Dependencies) {}

  /**
   * Puts a fresh plan in place of whatever plan of that flow there is in the session, if the flow's policies let it begin (a
   * visit from another site keeps a run of the same user that began with the same steps);
   * what it requires of somebody who is logged in is asked when it is entered. An anonymous visitor gets a fresh session,
   * whose cookie is returned: a source has just proved who they are, and the key of the session at hand may be planted. Throws not_found, not_authenticated (the session of whoever is logged in is gone),
   * flow_not_applicable, permission_denied by its `access`, and stage_busy when another request was quicker.
   */
  async begin(request: FlowRequest, beginning: FlowStartOptions): Promise<SessionCookie | undefined> {
    const loaded = await this.parts.plans.find(request.slug, request.sessionKey);
    const version = loaded && (await this.parts.flows.find(loaded.newestVersionId));
    if (!version) throw new Problem('not_found');
    rejectSessionMismatch(loaded, beginning);
    if (keepsRunning(request, loaded, beginning)) return undefined;
    const brand = await this.parts.brands.find(request.host, loaded.brandsRevision);
    const plan = await this.planned({ request, version, beginning, brand });
    const { session, flowId, newestVersionId: versionId, row: replaces } = loaded;
    const key = session && beginning.visitor ? undefined : newSessionKey(undefined);
    const owner = key ? { newKey: key.hash } : { id: session!.id };
    const begun = await this.parts.plans.begin({ flowId, versionId, plan, session: owner, replaces });
    if (!begun) throw new Problem('stage_busy', { detail: 'Another request of this session was quicker.' });
    return key?.cookie;
  }

  private async planned(ground: Ground): Promise<Plan> {
    const { request, version, beginning } = ground;
    if (!beginning.visitor && !meetsRequirement(version.flow.authentication, anonymousVisitor(request)))
      throw new Problem('flow_not_applicable');
    const situation = this.situationOf(ground);
    const plan = await this.admitted(situation, beginning);
    const planned = await this.parts.planning.plan({ ...situation, plan });
    await this.record(situation, planned.effects);
    if ('refused' in planned) throw new Problem('flow_not_applicable', problemDetail(planned.refused));
    return planned.plan;
  }

  private async admitted(situation: Situation, { access }: FlowStartOptions): Promise<Plan> {
    if (!access) return situation.plan;
    const version = { ...situation.version, policies: access.policies };
    const decision = await this.parts.engine.decide({ ...situation, version }, access.set, { id: 'access', index: -1 });
    await this.record(situation, decision.effects);
    if (!decision.pass) throw new Problem('permission_denied', problemDetail(decision.messages));
    return decision.plan;
  }

  private record({ request, version, plan }: Situation, effects: readonly Effect[]): Promise<void> {
    const { pending_user: user } = plan.context;
    return this.parts.events.record(effects, { clientIp: request.client.ip, flow: version.flow.slug, user });
  }

  private situationOf(ground: Ground): Situation {
    const { request, version, beginning, brand } = ground;
    const { visitor: user } = beginning;
    return {
      ...{ request, version, plan: initialPlan(ground), revision: 0 },
      sessionUser: user ? toSavedUser(user) : null,
      ...{ proved: false, recent: false },
      site: siteFor(this.parts.site, brand),
      locale: request.localeFor({ user, brand }),
      turns: new StepBudget(),
      timeLeftMs: () => request.arrivedAt + REQUEST_DEADLINE_MS - performance.now(),
    };
  }
}

/** Whoever is logged in has a session, and a key that was replaced a moment ago begins nothing. */
function rejectSessionMismatch({ session }: LoadedFlow, { visitor }: FlowStartOptions) {
  if (session ? session.retired : visitor) throw new Problem('not_authenticated');
}

/** A visit from another site does not replace a run of the same user that began with the same steps: it leads to that run. */
function keepsRunning(
  { crossSite }: FlowRequest,
  { stored }: LoadedFlow,
  { visitor, insert }: FlowStartOptions,
): boolean {
  if (!crossSite || !visitor || !stored || stored.plan.ended) return false;
  return stored.plan.visitor === visitor.uuid && isDeepStrictEqual(stored.plan.begun?.insert, insert);
}

const anonymousVisitor = ({ client: { outpost } }: FlowRequest) => ({
  authenticated: false,
  superuser: false,
  outpost,
});

function initialPlan({ request: { query, crossSite }, version, beginning }: Ground): Plan {
  const { flow_token: _secret, next, ...rest } = query;
  const { visitor, context, insert } = beginning;
  const fitted = applySeed(createPlan(version, randomUUID()), { context, insert });
  const plan = marked(fitted, crossSite, { isNew: true });
  return { ...plan, visitor: visitor?.uuid ?? null, query: rest, ...(next ? { next } : {}) };
}

const problemDetail = (messages: readonly string[]) => (messages.length > 0 ? { detail: messages.join('\n') } : {});
