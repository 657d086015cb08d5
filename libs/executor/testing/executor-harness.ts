import type { ApiVersion } from '@gatehouse/contracts';
import type { FlowVersion } from '@gatehouse/plan';
import type { AttemptStore } from '../src/attempts/attempt-store.js';
import { CredentialQueue, DEFAULT_QUEUE_LIMIT } from '../src/attempts/credential-queue.js';
import { ReservationFactory } from '../src/attempts/reservation-factory.js';
import { ResponseTiming } from '../src/attempts/response-timing.js';
import { ClaimedUserGuard } from '../src/claimed-user-guard.js';
import { CredentialGuard } from '../src/credential-guard.js';
import { Executor } from '../src/executor.js';
import type { FlowRequest } from '../src/flow-request.js';
import { FlowStarter, type FlowStartOptions } from '../src/flow-starter.js';
import { Planner } from '../src/planner.js';
import { type AnonymousPolicyEvent, PolicyEngine, type UndecidedPolicy } from '../src/policy-engine.js';
import type { FlowStore } from '../src/ports/flow-store.js';
import type { EventRecorder, PlanStore } from '../src/ports/plan-store.js';
import { PreviewEngine } from '../src/preview/preview-engine.js';
import type { PreviewState } from '../src/preview/preview-state.js';
import { ShadowEvaluator } from '../src/shadow-evaluator.js';
import { StageInvoker } from '../src/stage-invoker.js';
import { FakePolicyClient, InMemoryGroupMembershipStore } from './fake-policy-client.js';
import { FakeStageClient, type ScriptedReply } from './fake-stage-client.js';
import { InMemoryBrandStore } from './in-memory-brand-store.js';
import { InMemoryFlowObserver } from './in-memory-flow-observer.js';
import { InMemorySessionBindingStore } from './in-memory-session-binding-store.js';
import { InMemorySignedInApplications } from './in-memory-signed-in-applications.js';
import {
  InMemoryAttemptStore,
  InMemoryEventRecorder,
  InMemoryFlowStore,
  InMemoryPlanStore,
  InMemorySuperuserPermits,
} from './in-memory-stores.js';
import { InMemoryUserDirectory } from './in-memory-user-directory.js';
import { TestContractRegistry } from './test-contract-registry.js';
import { ALICE, FLOW_ID } from './test-flow.js';

const SITE = { base_url: 'https://id.example.org', rp_id: 'id.example.org', api_version: '2024.8' } as const;

/** Returns a request with default values for the fields that `more` does not set. */
const requestOf = (more: Partial<FlowRequest>): FlowRequest => ({
  arrivedAt: performance.now(),
  requestId: 'request-1',
  slug: 'login',
  host: 'id.example.org',
  sessionKey: Buffer.alloc(32),
  query: {},
  queryNames: [],
  answer: undefined,
  client: { ip: '203.0.113.7', user_agent: 'vitest', outpost: false, cookies: {} },
  findLocation: () => undefined,
  localeFor: () => 'en',
  knownBrowserOf: () => undefined,
  isKnownDevice: () => false,
  checkAnonymousRate: () => undefined,
  checkNewSessionRate: () => undefined,
  ...more,
});

const PREVIEWED = {
  ...{ slug: 'login', flowId: FLOW_ID, versionId: 'v1', startsLoggedIn: false },
  user: { ...ALICE, is_superuser: false, debug: false },
};

/** Returns test doubles of all ports. */
const doublesOf = (
  version: FlowVersion,
  script: Readonly<Record<string, ScriptedReply>>,
  previewed: readonly string[] = [],
) => ({
  plans: new InMemoryPlanStore(),
  flows: new InMemoryFlowStore(version),
  brands: new InMemoryBrandStore(),
  attempts: new InMemoryAttemptStore(),
  stages: new FakeStageClient(script),
  policies: new FakePolicyClient(),
  memberships: new InMemoryGroupMembershipStore(),
  users: new InMemoryUserDirectory(ALICE),
  boundSessions: new InMemorySessionBindingStore(),
  events: new InMemoryEventRecorder(),
  observer: new InMemoryFlowObserver(),
  permits: new InMemorySuperuserPermits(),
  applications: new InMemorySignedInApplications(),
  contracts: new TestContractRegistry(previewed),
  /** The contract violations that the invoker has reported, for a test to read. */
  violations: [] as string[],
  undecided: [] as UndecidedPolicy[],
});

/** Ports that a test passes in place of the test doubles, such as those on Postgres. */
interface OwnPorts {
  readonly plans?: PlanStore;
  readonly flows?: FlowStore;
  readonly attempts?: AttemptStore;
  readonly eventRecorder?: EventRecorder;
  readonly admitsAnonymous?: (event: AnonymousPolicyEvent) => boolean;
  /** The kinds of stages that previews run. */
  readonly previewed?: readonly string[];
  /** The API line whose rules apply; by default 2024.8. */
  readonly apiVersion?: ApiVersion;
}

type Doubles = Omit<ReturnType<typeof doublesOf>, keyof OwnPorts> & { readonly attempts: AttemptStore };

function stageInvokerOf({ stages, contracts, attempts, violations, observer, applications }: Doubles) {
  const { clock } = stages;
  const credentialQueue = new CredentialQueue(DEFAULT_QUEUE_LIMIT);
  const responseTiming = new ResponseTiming({ now: () => clock.ms, wait: async (ms) => void clock.waits.push(ms) });
  const reservationFactory = new ReservationFactory(Buffer.alloc(32), {
    network: { free: 100, forgetAfterS: 900 },
    mailsFree: 5,
  });
  const report = (_kind: string, found: readonly string[]) => void violations.push(...found);
  const stageInvoker = new StageInvoker({
    ...{ stages, contracts, attempts, reservationFactory, credentialQueue, responseTiming, observer, report },
    applications,
  });
  return { credentialQueue, stageInvoker, reservationFactory, responseTiming };
}

/** Returns the executor's services with these ports. */
function engineOf(doubles: ReturnType<typeof doublesOf>, own: OwnPorts) {
  const { policies, memberships, users, contracts, undecided } = doubles;
  const shadows = new ShadowEvaluator({ policies, memberships, observer: doubles.observer, shadowTimeoutMs: 250 });
  const policyEngine = new PolicyEngine({
    ...{ policies, shadows, memberships, users, contracts, timeoutMs: 5000 },
    report: (policy) => void undecided.push(policy),
    admitsAnonymous: own.admitsAnonymous ?? (() => true),
  });
  const ports = { ...doubles, eventRecorder: doubles.events, ...own };
  const dependencies = {
    ...ports,
    ...stageInvokerOf(ports),
    policyEngine,
    planner: new Planner(policyEngine),
    sessionBindings: doubles.boundSessions.checker,
    credentialGuard: new CredentialGuard(contracts),
    claimedUserGuard: new ClaimedUserGuard(contracts, users),
    site: own.apiVersion ? { ...SITE, api_version: own.apiVersion } : SITE,
  };
  const executor = new Executor({ ...dependencies, now: () => new Date(0) });
  const limits = { timeoutMs: 5000, shadowTimeoutMs: 250, now: () => new Date(0) };
  return {
    executor,
    starter: new FlowStarter(dependencies),
    previews: new PreviewEngine({ ...dependencies, ...limits }),
  };
}

/** Returns an executor with one flow, and test doubles of all ports that `own` does not contain. */
export function executorHarness(
  version: FlowVersion,
  script: Readonly<Record<string, ScriptedReply>>,
  own: OwnPorts = {},
) {
  const doubles = doublesOf(version, script, own.previewed);
  const { executor, starter, previews } = engineOf(doubles, own);
  return {
    ...doubles,
    /** Plans the flow for a link of ALICE. */
    planLink: (more: Partial<FlowRequest> = {}) => starter.planLink(requestOf(more), ALICE),
    start: (options: FlowStartOptions, more: Partial<FlowRequest> = {}) => starter.start(requestOf(more), options),
    /** Runs a request of a preview with ALICE as its test user. */
    preview: (state: PreviewState | undefined, body?: unknown, more: Partial<FlowRequest> = {}) =>
      previews.handle(
        { ...PREVIEWED, state },
        requestOf({ ...(body === undefined ? {} : { answer: { body, csrfFailure: undefined } }), ...more }),
      ),
    show: (more: Partial<FlowRequest> = {}) => executor.handle(requestOf(more)),
    solve: (body: unknown, more: Partial<FlowRequest> = {}) =>
      executor.handle(requestOf({ answer: { body, csrfFailure: undefined }, ...more })),
  };
}
