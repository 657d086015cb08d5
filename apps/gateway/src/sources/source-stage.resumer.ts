import type { PublishedSource } from '@gatehouse/contracts';
import type {
  FlowStore,
  Identity,
  LoadedFlow,
  PlanStore,
  SessionCookie,
  StageContractRegistry,
  StoredPlan,
} from '@gatehouse/executor';
import { newSessionKey, toSavedUser } from '@gatehouse/executor';
import {
  currentStep,
  type FlowVersion,
  insertSteps,
  mergeContext,
  type Plan,
  provedBy,
  type Step,
  stateOf,
  userKey,
} from '@gatehouse/plan';
import { postReturnSteps, type SourceUser, sourceContext } from './source-plan.js';

interface Parts {
  readonly plans: PlanStore;
  readonly flows: FlowStore;
  readonly contracts: StageContractRegistry;
  readonly now: () => Date;
}

/** Who is back, and in which session. */
interface SessionInfo {
  readonly sessionKey: Buffer | undefined;
  /** Who is logged in. */
  readonly visitor: Identity | undefined;
  readonly clientIp: string;
}

/** A plan that waits for its visitor to come back from a source. */
export interface WaitingPlan {
  readonly slug: string;
  readonly loaded: LoadedFlow;
  readonly stored: StoredPlan;
  readonly version: FlowVersion;
  readonly step: Step;
}

/** Plans that wait for somebody to come back from a source go on with it (docs/spec/sources.md#return). */
export class SourceStageResumer {
  constructor(private readonly parts: Parts) {}

  /** The plan of this session that was last at a step which waits for the source, and still does. */
  async find({ sessionKey, visitor }: SessionInfo, source: PublishedSource): Promise<WaitingPlan | undefined> {
    for (const slug of sessionKey ? await this.parts.plans.slugsOf(sessionKey) : []) {
      const loaded = await this.parts.plans.find(slug, sessionKey);
      const { stored } = loaded ?? {};
      if (!loaded || !stored || stored.orphaned || stored.plan.visitor !== (visitor?.uuid ?? null)) continue;
      const version = await this.parts.flows.find(stored.versionId);
      const step = version && currentStep(stored.plan, version);
      if (step && this.waits({ plan: stored.plan, step, version }, source))
        return { slug, loaded, stored, version, step };
    }
    return undefined;
  }

  private waits(
    { plan, step, version }: { readonly plan: Plan; readonly step: Step; readonly version: FlowVersion },
    source: PublishedSource,
  ): boolean {
    const awaited = this.parts.contracts.find(step.kind, version)?.awaited_source(step.config);
    const until = stateOf(plan, step.id)?.['until'];
    return awaited === source.uuid && typeof until === 'number' && until > this.parts.now().getTime();
  }

  /**
   * Whether whoever is back may go on with the plan: as whom it is about already, or as somebody new where it enrols or
   * where they are connecting themselves (docs/spec/sources.md#return).
   */
  admits({ stored: { plan }, version }: WaitingPlan, { known }: SourceUser, visitor: Identity | undefined): boolean {
    const { pending_user: pending } = plan.context;
    const expected = pending?.kind === 'saved' ? pending.uuid : visitor?.uuid;
    // A stand-in must get as far as somebody else’s account would.
    if (pending?.kind === 'pretended') return false;
    if (known) return expected === undefined || expected === known.uuid;
    return expected === undefined || version.flow.designation === 'enrollment' || expected === visitor?.uuid;
  }

  /**
   * Notes in the plan that its visitor is back, and returns the cookie of the session's new key. Undefined when another
   * request has moved the plan.
   */
  async resume(
    { loaded, stored, version, step }: WaitingPlan,
    comer: SourceUser,
    visit: SessionInfo,
  ): Promise<SessionCookie | undefined> {
    const { plan, revision, versionId } = stored;
    const { cookie, hash: newKey } = newSessionKey(loaded.session?.leftS);
    const isSaved = await this.parts.plans.save({
      ...{ sessionId: loaded.session!.id, flowId: loaded.flowId, versionId, revision },
      plan: withSourceIdentity(plan, step, comer),
      ...{ effects: [], newKey, cleared: [], returned: [], links: [], burns: undefined },
      about: {
        user: comer.known,
        sessionUser: visit.visitor && toSavedUser(visit.visitor),
        clientIp: visit.clientIp,
        flow: version.flow.slug,
      },
    });
    return isSaved ? cookie : undefined;
  }
}

/** The plan with what the source says; what was typed into it before stays. */
function withSourceIdentity(plan: Plan, step: Step, comer: SourceUser): Plan {
  const { prompt_data: told, ...facts } = sourceContext(comer);
  const typed = plan.context.prompt_data;
  const patch = { ...facts, ...(told || typed ? { prompt_data: { ...told, ...typed } } : {}) };
  const merged = mergeContext(plan.context, patch, plan.visitor);
  const is_restored = { step: step.id, user: userKey(merged.pending_user) };
  const index = plan.cursor;
  const next = {
    ...insertSteps(plan, { id: step.id, index }, postReturnSteps(comer)),
    context: { ...merged, is_restored },
  };
  return provedBy(next);
}
