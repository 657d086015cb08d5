import { type Effect, Problem, type SavedUser, type StageReply, type StageRequest } from '@gatehouse/contracts';
import type { FlowVersion, Plan, PolicySet } from '@gatehouse/plan';
import { flowVersionOf } from '@gatehouse/plan/testing';
import {
  type AttemptReservation,
  AttemptStore,
  ReservationFactory,
  type ReservationResult,
} from '../src/attempts/attempt-store.js';
import { CredentialQueue, DEFAULT_QUEUE_LIMIT } from '../src/attempts/credential-queue.js';
import { ResponseTiming } from '../src/attempts/response-timing.js';
import { ClaimedUserGuard } from '../src/claimed-user-guard.js';
import { CredentialGuard } from '../src/credential-guard.js';
import type { EventEffect } from '../src/effects.js';
import { Executor } from '../src/executor.js';
import type { FlowRequest } from '../src/flow-request.js';
import { FlowStarter, type FlowStartOptions } from '../src/flow-starter.js';
import type { PlanCommit } from '../src/plan-commit.js';
import { Planner } from '../src/planner.js';
import { PolicyEngine, type UndecidedPolicy } from '../src/policy-engine.js';
import { StageClient } from '../src/ports/clients.js';
import { SuperuserPermits } from '../src/ports/directory.js';
import { FlowStore } from '../src/ports/flow-store.js';
import {
  EventRecorder,
  type LoadedFlow,
  type NewPlan,
  PlanStore,
  type ResumedPlan,
  type Session,
} from '../src/ports/plan-store.js';
import { StageInvoker } from '../src/stage-invoker.js';
import { FakePolicyClient, InMemoryGroupMembershipStore } from './fake-policy-client.js';
import { InMemoryBrandStore } from './in-memory-brand-store.js';
import { InMemorySessionBindingStore } from './in-memory-session-binding-store.js';
import { InMemoryUserDirectory } from './in-memory-user-directory.js';
import { TestContractRegistry } from './test-contract-registry.js';

/** The executor's ports in memory, for its own tests: they count, and they can be made to race. */

export const FLOW_ID = '5f7a1c1e-58c8-4b6e-8a0e-5d2a4a3f0001';
export const ALICE: SavedUser = {
  kind: 'saved',
  uuid: '41c0a6de-1d6b-4a8e-9d0f-5d2a4a3f0002',
  pk: 7,
  username: 'alice',
  name: 'Alice',
  email: 'alice@example.org',
  is_active: true,
  epoch: 1,
  locale: '',
};

type ScriptedReply = StageReply | Problem | ((request: StageRequest) => StageReply | Promise<StageReply>);

/** Answers by a script, and remembers what it was asked. */
export class FakeStageClient extends StageClient {
  readonly hops: string[] = [];
  readonly requests: Parameters<StageClient['ask']>[2][] = [];
  readonly clock = { ms: 0, waits: [] as number[] };
  constructor(private readonly script: Readonly<Record<string, ScriptedReply>>) {
    super();
  }
  async ask(...[{ kind }, verb, request]: Parameters<StageClient['ask']>): Promise<StageReply> {
    this.hops.push(`${kind}.${verb}`);
    this.requests.push(request);
    const reply = this.script[`${kind}.${verb}`] ?? new Problem('stage_away');
    if (reply instanceof Problem) throw reply;
    return typeof reply === 'function' ? reply(request) : reply;
  }
}

/** One session's plans of one flow. */
export class InMemoryPlanStore extends PlanStore {
  plan: Plan | undefined;
  revision = 0;
  loads = 0;
  saves = 0;
  readonly happened: Effect[] = [];
  private versionId = 'v1';
  session: Session | undefined;
  orphaned = false;

  async find(slug: string): Promise<LoadedFlow | undefined> {
    this.loads++;
    if (slug !== 'login') return undefined;
    const { plan, revision, versionId, orphaned, session } = this;
    const row = plan && { id: plan.id, revision };
    const stored = plan && { plan, revision, versionId, orphaned };
    return { flowId: FLOW_ID, newestVersionId: 'v1', brandsRevision: 'b1', session, stored, row };
  }
  /** The plan that a link leads to, by the token's hash. */
  readonly waiting = new Map<string, ResumedPlan>();
  async findResumed(_slug: string, token: Buffer) {
    return this.waiting.get(token.toString('hex'));
  }
  async begin({ plan, replaces }: NewPlan) {
    this.saves++;
    if (this.plan && (replaces?.id !== this.plan.id || replaces.revision !== this.revision)) return undefined;
    this.plan = plan;
    this.revision = 0;
    this.session ??= { id: 's', retired: false, leftS: undefined, user: undefined };
    return 's';
  }
  async save({ plan, revision, effects, burns }: PlanCommit) {
    this.saves++;
    if (revision !== this.revision || plan.id !== this.plan?.id) return false;
    if (burns && !this.waiting.delete(burns.toString('hex'))) return false;
    this.plan = plan;
    this.revision++;
    this.happened.push(...effects);
    return true;
  }
  async slugsOf() {
    return this.plan ? ['login'] : [];
  }
  async cancel() {
    this.plan = undefined;
    return this.session?.user?.uuid;
  }
}

/** Counts attempts; refuses all of them when told to. */
export class InMemoryAttemptStore extends AttemptStore {
  taken: AttemptReservation[] = [];
  returned: AttemptReservation[] = [];
  verdict: ReservationResult | undefined;
  async take(claims: readonly AttemptReservation[]): Promise<ReservationResult> {
    if (this.verdict) return this.verdict;
    this.taken.push(...claims);
    return { taken: true, claims: claims.map((claim) => ({ ...claim, takenAt: 'now' })) };
  }
  async giveBack(claims: readonly AttemptReservation[]) {
    this.returned.push(...claims);
  }
  async unlock() {
    return [];
  }
}

interface TestStep {
  readonly kind: string;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly onRefusal?: 'retry' | 'restart' | 'restart_with_context';
  /** Judged when the step becomes current; and when the flow is planned. */
  readonly policies?: PolicySet;
  readonly planned?: PolicySet;
}

/** A flow of these steps. */
export const flowOf = (
  steps: readonly TestStep[],
  attached: FlowVersion['attached'] = {},
  guard?: PolicySet,
): FlowVersion =>
  flowVersionOf(
    steps.map((step, i) => ({ id: `${step.kind}-${i}`, ...step })),
    attached,
    guard,
  );

/** What happened without a plan. */
class InMemoryEventRecorder extends EventRecorder {
  readonly recorded: Effect[] = [];
  async record(events: readonly EventEffect[]) {
    this.recorded.push(...events);
  }
}

/** Remembers for whom permits were granted. */
class MemoryPermits extends SuperuserPermits {
  readonly granted: string[] = [];
  readonly services: string[] = [];
  async grant(userId: string, service: string) {
    this.granted.push(userId);
    this.services.push(service);
  }
}

/** An executor of one flow, with everything around it in memory. */
export function executorHarness(version: FlowVersion, script: Readonly<Record<string, ScriptedReply>>) {
  const plans = new InMemoryPlanStore();
  const stages = new FakeStageClient(script);
  const attempts = new InMemoryAttemptStore();
  const contracts = new TestContractRegistry();
  const overreaches: string[] = [];
  const flows = new (class extends FlowStore {
    async find() {
      return version;
    }
    async findConfiguring() {
      return undefined;
    }
    async listConfigurable() {
      return [];
    }
    async describe() {
      return [];
    }
    async listSlugs() {
      return new Map();
    }
    async exists() {
      return true;
    }
    async findUsing() {
      return [];
    }
  })();
  const claims = new ReservationFactory(Buffer.alloc(32), { free: 100, forgetAfterS: 900 });
  const report = (_kind: string, found: readonly string[]) => void overreaches.push(...found);
  const pace = new ResponseTiming({ now: () => stages.clock.ms, wait: async (ms) => void stages.clock.waits.push(ms) });
  const lines = new CredentialQueue(DEFAULT_QUEUE_LIMIT);
  const consultation = new StageInvoker({ stages, contracts, attempts, claims, lines, pace, report });
  const [policies, memberships] = [new FakePolicyClient(), new InMemoryGroupMembershipStore()];
  const users = new InMemoryUserDirectory(ALICE);
  const undecided: UndecidedPolicy[] = [];
  const engine = new PolicyEngine({
    ...{ policies, memberships, users, contracts, timeoutMs: 5000 },
    report: (found) => void undecided.push(found),
  });
  const site = { base_url: 'https://id.example.org', rp_id: 'id.example.org' };
  const brands = new InMemoryBrandStore();
  const boundSessions = new InMemorySessionBindingStore();
  const { guard: bindings } = boundSessions;
  const events = new InMemoryEventRecorder();
  const credentials = new CredentialGuard(contracts);
  const claimedUsers = new ClaimedUserGuard(contracts, users);
  const permits = new MemoryPermits();
  const ports = {
    plans,
    flows,
    brands,
    attempts,
    lines,
    contracts,
    consultation,
    engine,
    bindings,
    events,
    credentials,
    claimedUsers,
    permits,
  };
  const inside = { ...ports, planning: new Planner(engine), site };
  const [executor, outset] = [new Executor({ ...inside, now: () => new Date(0) }), new FlowStarter(inside)];
  const request = (more: Partial<FlowRequest> = {}): FlowRequest => ({
    arrivedAt: performance.now(),
    slug: 'login',
    host: 'id.example.org',
    sessionKey: Buffer.alloc(32),
    query: {},
    named: [],
    answer: undefined,
    client: { ip: '203.0.113.7', user_agent: 'vitest', outpost: false, cookies: {} },
    localeFor: () => 'en',
    admitStranger: () => undefined,
    ...more,
  });
  return {
    ...{
      plans,
      brands,
      stages,
      attempts,
      overreaches,
      policies,
      memberships,
      users,
      undecided,
      boundSessions,
      events,
      permits,
    },
    begin: (beginning: FlowStartOptions, more: Partial<FlowRequest> = {}) => outset.begin(request(more), beginning),
    show: (more: Partial<FlowRequest> = {}) => executor.handle(request(more)),
    solve: (body: unknown, more: Partial<FlowRequest> = {}) =>
      executor.handle(request({ answer: { body, forged: undefined }, ...more })),
  };
}

/** A reply that asks. */
export const challengeReply = (challenge: Record<string, unknown> = {}): StageReply => ({
  type: 'challenge',
  challenge,
});
/** A reply that refuses, blaming the credentials `failed`. */
export const rejectedReply = (failed?: string[]): StageReply => ({
  type: 'rejected',
  errors: { word: [{ code: 'wrong' }] },
  challenge: { again: true },
  ...(failed ? { failed } : {}),
});
/** A reply that logs alice in. */
export const LOGIN_REPLY: StageReply = {
  type: 'passed',
  effects: [
    {
      type: 'login',
      user: ALICE.uuid,
      backend: 'b',
      duration_s: null,
      bindings: { network: 'no_binding', geoip: 'no_binding' },
      terminate_other_sessions: false,
    },
  ],
};

/** Replies that pass each step of a test flow. */
export const DEFAULT_REPLIES = {
  'ident.challenge': challengeReply({ who: true }),
  'ident.respond': { type: 'passed', context: { pending_user: ALICE } },
  'page.challenge': challengeReply({ page: true }),
  'page.respond': { type: 'passed' },
  'secret.challenge': challengeReply({ secret: true }),
  'secret.respond': { type: 'passed', verified: ['password'] },
  'login.challenge': LOGIN_REPLY,
  'logout.challenge': { type: 'passed', effects: [{ type: 'logout' }] },
} satisfies Record<string, StageReply>;
