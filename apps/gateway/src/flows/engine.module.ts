import { setTimeout } from 'node:timers/promises';
import {
  type AnonymousPolicyEvent,
  AttemptStore,
  attemptHmacKey,
  BrandStore,
  type BrokenSession,
  ClaimedUserGuard,
  type ConfiguredSite,
  CredentialGuard,
  CredentialQueue,
  EventRecorder,
  Executor,
  FlowObserver,
  FlowStarter,
  FlowStore,
  GroupMembershipStore,
  Planner,
  PlanStore,
  PolicyClient,
  PolicyEngine,
  PreviewEngine,
  ReservationFactory,
  ResponseTiming,
  SessionBindingChecker,
  SessionBindingStore,
  ShadowEvaluator,
  SignedInApplications,
  StageClient,
  StageContractRegistry,
  StageInvoker,
  SuperuserPermits,
  type UndecidedPolicy,
  UserDirectory,
} from '@gatehouse/executor';
import { GeoLocator, Logger } from '@gatehouse/platform';
import { type Abstract, Module, type Provider, type Type } from '@nestjs/common';
import { BrandsModule } from '../brands/brands.module.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { networkRateLimiter } from '../http/rate-limits/network-rate-limiter.js';
import { AdaptersModule } from './adapters.module.js';

/** Injection tokens of values that are not instances of a class. */
const SITE = Symbol('site');
const CLOCK = Symbol('clock');
const POLICY_TIMEOUT_MS = Symbol('policy timeout');
const SHADOW_TIMEOUT_MS = Symbol('shadow timeout');
const POLICY_REPORT = Symbol('policy report');
const ANONYMOUS_EVENT_LIMIT = Symbol('anonymous event limit');
const STAGE_REPORT = Symbol('stage report');
const BINDING_REPORT = Symbol('binding report');
const BROKEN_BINDING_REPORT = Symbol('broken binding report');

const VALUES: Provider[] = [
  { provide: SITE, inject: [GATEWAY_CONFIG], useFactory: siteOf },
  { provide: CLOCK, useValue: () => new Date() },
  {
    provide: POLICY_TIMEOUT_MS,
    inject: [GATEWAY_CONFIG],
    useFactory: ({ POLICY_TIMEOUT_MS: timeoutMs }: GatewayConfig) => timeoutMs,
  },
  {
    provide: SHADOW_TIMEOUT_MS,
    inject: [GATEWAY_CONFIG],
    useFactory: ({ SHADOW_TIMEOUT_MS: timeoutMs }: GatewayConfig) => timeoutMs,
  },
  {
    provide: POLICY_REPORT,
    inject: [Logger],
    useFactory:
      (logger: Logger) =>
      ({ policy, error, flow }: UndecidedPolicy) =>
        logger.event('policy_undecided', { policy, reason: error, flow }),
  },
  {
    provide: ANONYMOUS_EVENT_LIMIT,
    inject: [GATEWAY_CONFIG],
    useFactory: anonymousEventLimit,
  },
  {
    provide: STAGE_REPORT,
    inject: [Logger],
    useFactory: (logger: Logger) => (kind: string, violations: readonly string[]) =>
      logger.event('stage_contract_violated', { stage: kind, violations: [...violations] }),
  },
  {
    provide: BINDING_REPORT,
    inject: [Logger],
    useFactory: (logger: Logger) => (error: unknown) => logger.event('session_address_not_stored', { error }),
  },
  {
    provide: BROKEN_BINDING_REPORT,
    inject: [Logger],
    useFactory:
      (logger: Logger) =>
      ({ user, violation, change, request }: BrokenSession) =>
        logger.event('session_binding_broken', {
          ...{ request_id: request.requestId, client_ip: change.to, user: user.uuid, reason: violation.reason },
        }),
  },
];

function siteOf({ BASE_URL, API_VERSION: api_version }: GatewayConfig): ConfiguredSite {
  return { base_url: BASE_URL.replace(/\/$/, ''), rp_id: new URL(BASE_URL).hostname, api_version };
}

function anonymousEventLimit({ ANONYMOUS_EVENT_RATE: requests }: GatewayConfig) {
  const limiter = networkRateLimiter({ requests, periodS: 60 });
  return ({ action, policy, flow, ip }: AnonymousPolicyEvent) =>
    limiter?.count(ip, `${action} ${policy} ${flow}`).admitted ?? true;
}

/**
 * Returns the Nest provider of a class whose constructor takes its dependencies as one object. The compiler checks that
 * each token has the type of its dependency.
 */
function provideWith<D extends object>(
  type: new (dependencies: D) => object,
  tokens: { readonly [K in keyof D]: Type<D[K]> | Abstract<D[K]> | symbol },
): Provider {
  const names = Object.keys(tokens);
  return {
    provide: type,
    inject: Object.values(tokens),
    useFactory: (...values: unknown[]) => new type(Object.fromEntries(names.map((name, i) => [name, values[i]])) as D),
  };
}

/** Nest providers of the classes that count attempts and delay responses. */
const ATTEMPTS: Provider[] = [
  {
    provide: ReservationFactory,
    inject: [GATEWAY_CONFIG],
    useFactory: (config: GatewayConfig) =>
      new ReservationFactory(attemptHmacKey(config.PSEUDONYM_KEY ?? config.SECRET_KEY), {
        network: { free: config.NETWORK_ATTEMPTS_FREE, forgetAfterS: config.NETWORK_ATTEMPTS_FORGET_S },
        mailsFree: config.MAIL_REQUESTS_FREE,
      }),
  },
  {
    provide: CredentialQueue,
    inject: [GATEWAY_CONFIG],
    useFactory: (config: GatewayConfig) => new CredentialQueue(config.ATTEMPTS_LINE),
  },
  {
    provide: ResponseTiming,
    useFactory: () => new ResponseTiming({ now: () => performance.now(), wait: setTimeout }),
  },
];

const GUARDS: Provider[] = [
  {
    provide: CredentialGuard,
    inject: [StageContractRegistry],
    useFactory: (contracts: StageContractRegistry) => new CredentialGuard(contracts),
  },
  {
    provide: ClaimedUserGuard,
    inject: [StageContractRegistry, UserDirectory],
    useFactory: (contracts: StageContractRegistry, users: UserDirectory) => new ClaimedUserGuard(contracts, users),
  },
  provideWith(SessionBindingChecker, {
    sessions: SessionBindingStore,
    geoLocator: GeoLocator,
    report: BINDING_REPORT,
    reportBroken: BROKEN_BINDING_REPORT,
  }),
];

const ENGINE: Provider[] = [
  provideWith(ShadowEvaluator, {
    policies: PolicyClient,
    memberships: GroupMembershipStore,
    observer: FlowObserver,
    shadowTimeoutMs: SHADOW_TIMEOUT_MS,
  }),
  provideWith(PolicyEngine, {
    policies: PolicyClient,
    shadows: ShadowEvaluator,
    memberships: GroupMembershipStore,
    users: UserDirectory,
    contracts: StageContractRegistry,
    timeoutMs: POLICY_TIMEOUT_MS,
    report: POLICY_REPORT,
    admitsAnonymous: ANONYMOUS_EVENT_LIMIT,
  }),
  {
    provide: Planner,
    inject: [PolicyEngine],
    useFactory: (engine: PolicyEngine) => new Planner(engine),
  },
  provideWith(StageInvoker, {
    stages: StageClient,
    contracts: StageContractRegistry,
    applications: SignedInApplications,
    attempts: AttemptStore,
    reservationFactory: ReservationFactory,
    credentialQueue: CredentialQueue,
    responseTiming: ResponseTiming,
    observer: FlowObserver,
    report: STAGE_REPORT,
  }),
  provideWith(FlowStarter, {
    plans: PlanStore,
    flows: FlowStore,
    brands: BrandStore,
    planner: Planner,
    policyEngine: PolicyEngine,
    eventRecorder: EventRecorder,
    observer: FlowObserver,
    site: SITE,
  }),
  provideWith(PreviewEngine, {
    flows: FlowStore,
    brands: BrandStore,
    attempts: AttemptStore,
    credentialQueue: CredentialQueue,
    reservationFactory: ReservationFactory,
    responseTiming: ResponseTiming,
    contracts: StageContractRegistry,
    stages: StageClient,
    policies: PolicyClient,
    memberships: GroupMembershipStore,
    users: UserDirectory,
    timeoutMs: POLICY_TIMEOUT_MS,
    shadowTimeoutMs: SHADOW_TIMEOUT_MS,
    site: SITE,
    now: CLOCK,
  }),
  provideWith(Executor, {
    plans: PlanStore,
    flows: FlowStore,
    brands: BrandStore,
    attempts: AttemptStore,
    credentialQueue: CredentialQueue,
    contracts: StageContractRegistry,
    permits: SuperuserPermits,
    stageInvoker: StageInvoker,
    sessionBindings: SessionBindingChecker,
    credentialGuard: CredentialGuard,
    claimedUserGuard: ClaimedUserGuard,
    policyEngine: PolicyEngine,
    planner: Planner,
    eventRecorder: EventRecorder,
    observer: FlowObserver,
    site: SITE,
    now: CLOCK,
  }),
];

/**
 * Provides the executor and its dependencies. The executor does not depend on Nest, so factories create its classes.
 */
@Module({
  imports: [AdaptersModule, BrandsModule],
  providers: [...VALUES, ...ATTEMPTS, ...GUARDS, ...ENGINE],
  exports: [
    AdaptersModule,
    Executor,
    FlowStarter,
    SessionBindingChecker,
    ShadowEvaluator,
    PreviewEngine,
    ReservationFactory,
  ],
})
export class EngineModule {}
