import type { PublishedSource } from '@gatehouse/contracts';
import type { Identity, LoadedFlow, SessionCookie, StoredPlan } from '@gatehouse/executor';
import { FlowStore, newSessionKey, PlanStore, StageContractRegistry, toSavedUser } from '@gatehouse/executor';
import {
  addsUser,
  currentStep,
  type FlowVersion,
  insertSteps,
  isProved,
  mergeContext,
  type Plan,
  type Step,
  stateOf,
  userKey,
  withProvedUser,
} from '@gatehouse/plan';
import { Inject, Injectable } from '@nestjs/common';
import type { RequestFacts } from '../http/event-facts.reader.js';
import { postReturnSteps, type SourceUser, sourceContext } from './source-plan.js';

/** The session that received an identity. */
interface SessionInfo {
  readonly sessionKey: Buffer | undefined;
  /** The logged-in user; undefined for an anonymous visitor. */
  readonly visitor: Identity | undefined;
  readonly facts: RequestFacts;
}

/** A plan whose current step waits for a login at a source. */
export interface WaitingPlan {
  readonly slug: string;
  readonly loaded: LoadedFlow;
  readonly stored: StoredPlan;
  readonly version: FlowVersion;
  readonly step: Step;
}

/** Finds plans that wait for a login at a source, and resumes them (docs/spec/sources.md#return). */
@Injectable()
export class SourceStageResumer {
  constructor(
    @Inject(PlanStore) private readonly plans: PlanStore,
    @Inject(FlowStore) private readonly flows: FlowStore,
    @Inject(StageContractRegistry) private readonly contracts: StageContractRegistry,
  ) {}

  /** Returns the plan of this session whose current step still waits for the source, or undefined if there is none. */
  async find({ sessionKey, visitor }: SessionInfo, source: PublishedSource): Promise<WaitingPlan | undefined> {
    for (const slug of sessionKey ? await this.plans.listSlugs(sessionKey) : []) {
      const loaded = await this.plans.load(slug, sessionKey);
      const { stored } = loaded ?? {};
      if (!loaded || !stored || stored.orphaned || stored.plan.visitor !== (visitor?.uuid ?? null)) continue;
      const version = await this.flows.find(stored.versionId);
      const step = version && currentStep(stored.plan, version);
      if (step && this.waits({ plan: stored.plan, step, version }, source))
        return { slug, loaded, stored, version, step };
    }
    return undefined;
  }

  /**
   * Returns whether the visitor is adding a user to the browser. Needs one database statement for each running plan.
   */
  async isAddingUser({ sessionKey, visitor }: Pick<SessionInfo, 'sessionKey' | 'visitor'>): Promise<boolean> {
    for (const slug of sessionKey && visitor ? await this.plans.listSlugs(sessionKey) : []) {
      const plan = (await this.plans.load(slug, sessionKey))?.stored?.plan;
      if (plan && addsUser(plan) && plan.visitor === visitor?.uuid) return true;
    }
    return false;
  }

  private waits(
    { plan, step, version }: { readonly plan: Plan; readonly step: Step; readonly version: FlowVersion },
    source: PublishedSource,
  ): boolean {
    const awaited = this.contracts.find(step.kind, version)?.awaited_source(step.config);
    const until = stateOf(plan, step.id)?.['until'];
    return awaited === source.uuid && typeof until === 'number' && until > Date.now();
  }

  /**
   * Returns whether an identity may continue the plan (docs/spec/sources.md#return). The plan expects its pending user;
   * without one, the logged-in visitor; without either, any user. If the identity belongs to a user, that user must be
   * the expected one. An identity without a user may continue if the plan expects the visitor or any user, or if the
   * flow enrols users and has created or proved its pending user: a name that a visitor has typed is no proof.
   */
  admits({ stored: { plan }, version }: WaitingPlan, { user }: SourceUser, visitor: Identity | undefined): boolean {
    const { pending_user: pending } = plan.context;
    const expected = pending?.kind === 'saved' ? pending.uuid : visitor?.uuid;
    // Refuses a plan with a pretended user like a plan of another user, so that the refusal does not reveal that the
    // user does not exist.
    if (pending?.kind === 'pretended') return false;
    if (user) return expected === undefined || expected === user.uuid;
    if (expected === undefined || expected === visitor?.uuid) return true;
    return version.flow.designation === 'enrollment' && (plan.created_user === expected || isProved(plan, expected));
  }

  /**
   * Stores the identity in the plan and returns the new session cookie. Returns undefined if another request has
   * changed the plan meanwhile.
   */
  async resume(
    { loaded, stored, version, step }: WaitingPlan,
    sourceUser: SourceUser,
    { visitor, facts }: SessionInfo,
  ): Promise<SessionCookie | undefined> {
    const { plan, revision, versionId } = stored;
    const { cookie, hash: newKey } = newSessionKey(loaded.session?.remainingS);
    const isSaved = await this.plans.save({
      ...{ sessionId: loaded.session!.id, flowId: loaded.flowId, versionId, revision },
      plan: withSourceIdentity(plan, step, sourceUser),
      extendsSession: loaded.session!.isUnanswered === true,
      ...{ effects: [], newKey, reset: [], released: [], links: [], usedToken: undefined },
      eventContext: {
        ...facts,
        ...{ user: sourceUser.user, sessionUser: visitor && toSavedUser(visitor) },
        ...{ flow: version.flow.slug, plan: plan.id, findLocation: () => facts.location },
      },
    });
    return isSaved ? cookie : undefined;
  }
}

/**
 * Returns the plan with the facts of the identity. Values that the visitor has typed take precedence over values of the
 * source. If a source login began the plan, the account of that login stays, unless it would be connected with another
 * user.
 */
function withSourceIdentity(plan: Plan, step: Step, sourceUser: SourceUser): Plan {
  const { prompt_data: fromSource, ...facts } = sourceContext(sourceUser);
  const { source, source_groups, 'goauthentik.io/sources/connection': connection, ...others } = facts;
  const account = { source, source_groups, 'goauthentik.io/sources/connection': connection };
  const typed = plan.context.prompt_data;
  const patch = {
    ...others,
    ...(isUserOfLogin(plan, sourceUser) ? {} : account),
    ...(fromSource || typed ? { prompt_data: { ...fromSource, ...typed } } : {}),
  };
  const merged = mergeContext(plan.context, patch, plan.visitor);
  const is_restored = { step: step.id, user: userKey(merged.pending_user) };
  const resumed = {
    ...insertSteps(plan, { id: step.id, index: plan.cursor }, postReturnSteps(sourceUser)),
    context: { ...merged, is_restored },
  };
  return withProvedUser(resumed);
}

/** Whether a login at a source began the plan, with the same user, or like this identity without an existing user. */
function isUserOfLogin({ begun }: Plan, { user }: SourceUser): boolean {
  const { 'goauthentik.io/sources/connection': connection, pending_user } = begun?.context ?? {};
  return connection !== undefined && userKey(pending_user) === (user?.uuid ?? null);
}
