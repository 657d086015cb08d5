import type { PolicyReply, PolicyRequest } from '@gatehouse/contracts';
import type { AttemptStore } from '../attempts/attempt-store.js';
import type { CredentialQueue } from '../attempts/credential-queue.js';
import type { ReservationFactory } from '../attempts/reservation-factory.js';
import type { ResponseTiming } from '../attempts/response-timing.js';
import { ClaimedUserGuard } from '../claimed-user-guard.js';
import { CredentialGuard } from '../credential-guard.js';
import type { EventEffect } from '../effects.js';
import { Executor } from '../executor.js';
import type { ConfiguredSite } from '../flow-context.js';
import type { FlowRequest } from '../flow-request.js';
import type { FlowResponse } from '../flow-response.js';
import { Planner } from '../planner.js';
import { PolicyEngine } from '../policy-engine.js';
import { PolicyClient, type StageClient, type StageContractRegistry } from '../ports/clients.js';
import { type GroupMembershipStore, SuperuserPermits, type UserDirectory } from '../ports/directory.js';
import { FlowObserver } from '../ports/flow-observer.js';
import type { BrandStore, FlowStore } from '../ports/flow-store.js';
import { EventRecorder } from '../ports/plan-store.js';
import { SignedInApplications } from '../ports/signed-in-applications.js';
import { ShadowEvaluator } from '../shadow-evaluator.js';
import { StageInvoker } from '../stage-invoker.js';
import { type PreviewNote, PreviewNotes } from './preview-notes.js';
import { type Preview, PreviewPlanStore } from './preview-plan-store.js';
import { PreviewContractRegistry, PreviewStageClient } from './preview-stages.js';
import type { PreviewState } from './preview-state.js';

/**
 * The services that previews share with the executor of real logins. Each preview replaces all other services with
 * substitutes that have no side effects.
 */
interface Dependencies {
  readonly flows: FlowStore;
  readonly brands: BrandStore;
  readonly attempts: AttemptStore;
  readonly credentialQueue: CredentialQueue;
  readonly reservationFactory: ReservationFactory;
  readonly responseTiming: ResponseTiming;
  readonly contracts: StageContractRegistry;
  readonly stages: StageClient;
  readonly policies: PolicyClient;
  readonly memberships: GroupMembershipStore;
  readonly users: UserDirectory;
  readonly timeoutMs: number;
  readonly shadowTimeoutMs: number;
  readonly site: ConfiguredSite;
  readonly now: () => Date;
}

/** The response of a preview, notes about what a real request would have caused, and the state for the next request. */
export interface PreviewResponse {
  readonly response: FlowResponse;
  readonly notes: readonly PreviewNote[];
  readonly state: PreviewState | undefined;
}

/**
 * Runs a flow version for an operator to look at, without effects. Each request gets its own executor, whose ports
 * store nothing, log nobody in and send nothing. The executor of real logins has no code for previews, so no request of
 * a visitor can turn a preview into a login, or a login into a preview (docs/adr/0086).
 */
export class PreviewEngine {
  constructor(private readonly dependencies: Dependencies) {}

  async handle(preview: Preview, request: FlowRequest): Promise<PreviewResponse> {
    const { attempts, now } = this.dependencies;
    const notes = new PreviewNotes();
    const plans = new PreviewPlanStore(preview, { attempts, now, notes });
    const executor = this.executorOf(preview, plans, notes);
    const response = await executor.handle(withoutOperator(request, preview));
    return { response, notes: notes.all, state: plans.state };
  }

  private executorOf({ user }: Preview, plans: PreviewPlanStore, notes: PreviewNotes): Executor {
    const { users, memberships, timeoutMs, shadowTimeoutMs, ...shared } = this.dependencies;
    const contracts = new PreviewContractRegistry(shared.contracts);
    const stages = new PreviewStageClient(shared.stages, user.uuid, notes);
    const policies = new PreviewPolicyClient(shared.policies);
    const observer = new SilentFlowObserver();
    const report = () => undefined;
    const shadows = new ShadowEvaluator({ policies, memberships, observer, shadowTimeoutMs });
    const policyEngine = new PolicyEngine({
      ...{ policies, shadows, memberships, users, contracts, timeoutMs, report, admitsAnonymous: () => true },
    });
    return new Executor({
      ...shared,
      ...{ plans, contracts, policyEngine, observer },
      planner: new Planner(policyEngine),
      stageInvoker: new StageInvoker({
        ...shared,
        contracts,
        stages,
        observer,
        report,
        applications: new NoApplications(),
      }),
      permits: new NoPermits(),
      sessionBindings: { check: () => Promise.resolve(true) },
      credentialGuard: new CredentialGuard(contracts),
      claimedUserGuard: new ClaimedUserGuard(contracts, users),
      eventRecorder: new NotingEventRecorder(notes),
    });
  }
}

/**
 * Returns the request without the operator's session, API token, cookies and known browser. Only the client's address
 * and user agent stay.
 */
const withoutOperator = (request: FlowRequest, { slug }: Preview): FlowRequest => ({
  ...request,
  ...{ slug, sessionKey: undefined, authenticate: undefined, crossSite: undefined },
  client: { ...request.client, cookies: {}, outpost: false },
  knownBrowserOf: () => undefined,
  isKnownDevice: () => false,
  checkAnonymousRate: () => undefined,
  checkNewSessionRate: () => undefined,
});

/** Marks policy requests as a preview, in which policies write nothing and send nothing to other hosts. */
class PreviewPolicyClient extends PolicyClient {
  constructor(private readonly policies: PolicyClient) {
    super();
  }

  evaluate(request: PolicyRequest): Promise<PolicyReply> {
    return this.policies.evaluate({ ...request, dry_run: 'preview' });
  }
}

/** A preview has signed in to no application, so its logout notifies none. */
class NoApplications extends SignedInApplications {
  async list(): Promise<[]> {
    return [];
  }
}

/** Grants no permits, so that Postgres refuses changes of superusers. */
class NoPermits extends SuperuserPermits {
  async grant(): Promise<void> {}
}

class NotingEventRecorder extends EventRecorder {
  constructor(private readonly notes: PreviewNotes) {
    super();
  }

  async record(events: readonly EventEffect[]): Promise<void> {
    this.notes.addEffects(events);
  }
}

/** Counts nothing, because a preview is not a login. */
class SilentFlowObserver extends FlowObserver {
  planBegan(): void {}
  planEnded(): void {}
  stepTaken(): void {}
  shadowJudged(): void {}
  attemptRefused(): void {}
}
