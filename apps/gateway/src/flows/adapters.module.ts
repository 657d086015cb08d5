import { policyMessageLimits } from '@gatehouse/contracts';
import {
  AttemptStore,
  EventRecorder,
  FlowObserver,
  FlowStore,
  GroupMembershipStore,
  PlanStore,
  PolicyClient,
  SessionBindingStore,
  SignedInApplications,
  StageClient,
  StageContractRegistry,
  SuperuserPermits,
  UserDirectory,
} from '@gatehouse/executor';
import {
  type JourneySettings,
  PostgresAttemptStore,
  PostgresEventRecorder,
  PostgresFlowStore,
  PostgresGroupMembershipStore,
  PostgresPlanStore,
  PostgresSessionBindingStore,
  PostgresSuperuserPermits,
  PostgresUserDirectory,
  StatementLatency,
} from '@gatehouse/executor-postgres';
import { Logger, Requester, Sealer } from '@gatehouse/platform';
import { type Abstract, Module, type Provider, type Type } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { Admission } from '../http/admission/admission.js';
import { SignedInApplicationRepository } from '../oauth/signed-in-application.repository.js';
import { readsAttributes } from '../users/avatars/avatar-modes.js';
import { MetricLabels } from './flow.metrics.js';
import { LoggingFlowObserver } from './flow.observer.js';
import { NatsPolicyClient } from './nats-policy.client.js';
import { NatsStageClient } from './nats-stage.client.js';
import { reputationLimits } from './reputation.config.js';
import { CatalogueContractRegistry } from './stage-contract.registry.js';
import { StageOutages } from './stage-outages.js';

/** Injection token of the settings of journey records, which the recorder changes when the records are full. */
export const JOURNEY_SETTINGS = Symbol('journey settings');
const PLAN_STORE_SETTINGS = Symbol('plan store settings');
const STAGE_OBSERVERS = Symbol('stage observers');
type StageObservers = ConstructorParameters<typeof NatsStageClient>[2];
type PlanStoreSettings = ConstructorParameters<typeof PostgresPlanStore>[2];

const planStoreSettings = (
  ...[config, latency, logger, observer, journeys]: [
    GatewayConfig,
    StatementLatency,
    Logger,
    FlowObserver,
    JourneySettings,
  ]
): PlanStoreSettings => ({
  lifetimes: {
    anonymousSessionS: config.ANONYMOUS_SESSION_S,
    unansweredS: config.UNANSWERED_SESSION_S,
    sessionS: config.SESSION_S,
    planS: config.PLAN_S,
    sourceLoginS: config.SOURCE_LOGIN_S,
    proofS: config.AUTHENTICATOR_PROOF_S,
    credentialProofS: config.CREDENTIAL_PROOF_S,
  },
  latency,
  ...{ logger, observer, journeys },
  reputation: reputationLimits(config),
  saveCheckS: config.SAVE_CHECK_S,
  applicationsPerSession: config.SESSION_APPLICATIONS,
  attributes: readsAttributes(config.AVATARS),
});

/** Returns the Nest provider of a port whose adapter needs the database only. */
const onDatabase = <P>(port: Abstract<P>, adapter: new (source: DataSource) => P): Provider => ({
  provide: port,
  inject: [DataSource],
  useFactory: (source: DataSource) => new adapter(source),
});

/** Returns the Nest provider of a port whose adapter needs the database and the sealing keys. */
const onSealedDatabase = <P>(port: Abstract<P>, adapter: Type<P>): Provider => ({
  provide: port,
  inject: [DataSource, Sealer],
  useFactory: (source: DataSource, sealer: Sealer) => new adapter(source, sealer),
});

/** Nest providers of the executor's ports: stores on Postgres, and clients of the bus. */
const ADAPTERS: Provider[] = [
  { provide: MetricLabels, inject: [GATEWAY_CONFIG], useFactory: (config: GatewayConfig) => new MetricLabels(config) },
  {
    provide: FlowObserver,
    inject: [MetricLabels, Logger],
    useFactory: (labels: MetricLabels, logger: Logger) => new LoggingFlowObserver(labels, logger),
  },
  { provide: StatementLatency, useFactory: () => new StatementLatency() },
  {
    provide: JOURNEY_SETTINGS,
    inject: [GATEWAY_CONFIG],
    useFactory: ({ JOURNEYS, JOURNEY_USERS, JOURNEY_EVENTS }: GatewayConfig): JourneySettings => ({
      ...{
        isOn: JOURNEYS === 'true',
        users: JOURNEY_USERS === 'true',
        events: JOURNEY_EVENTS === 'true',
        isFull: false,
      },
    }),
  },
  {
    provide: PLAN_STORE_SETTINGS,
    inject: [GATEWAY_CONFIG, StatementLatency, Logger, FlowObserver, JOURNEY_SETTINGS],
    useFactory: planStoreSettings,
  },
  {
    provide: PlanStore,
    inject: [DataSource, Sealer, PLAN_STORE_SETTINGS],
    useFactory: (source: DataSource, sealer: Sealer, settings: PlanStoreSettings) =>
      new PostgresPlanStore(source, sealer, settings),
  },
  onSealedDatabase(FlowStore, PostgresFlowStore),
  onSealedDatabase(EventRecorder, PostgresEventRecorder),
  onSealedDatabase(SessionBindingStore, PostgresSessionBindingStore),
  onDatabase(GroupMembershipStore, PostgresGroupMembershipStore),
  onDatabase(UserDirectory, PostgresUserDirectory),
  onDatabase(SuperuserPermits, PostgresSuperuserPermits),
  SignedInApplicationRepository,
  { provide: SignedInApplications, useExisting: SignedInApplicationRepository },
  {
    provide: AttemptStore,
    inject: [DataSource, GATEWAY_CONFIG],
    useFactory: (source: DataSource, config: GatewayConfig) =>
      new PostgresAttemptStore(source, config.ATTEMPTS_DELAY_S),
  },
  {
    provide: StageContractRegistry,
    inject: [GATEWAY_CONFIG, Logger],
    useFactory: ({ TRUSTED_STAGES, STAGE_PAGE_KEYS }: GatewayConfig, logger: Logger) =>
      new CatalogueContractRegistry(new Set(TRUSTED_STAGES), STAGE_PAGE_KEYS, logger),
  },
  {
    provide: STAGE_OBSERVERS,
    inject: [MetricLabels, Logger],
    useFactory: (labels: MetricLabels, logger: Logger) => ({ labels, outages: new StageOutages(logger) }),
  },
  {
    provide: StageClient,
    inject: [Requester, Admission, STAGE_OBSERVERS],
    useFactory: (requester: Requester, admission: Admission, observers: StageObservers) =>
      new NatsStageClient(requester, admission, observers),
  },
  {
    provide: PolicyClient,
    inject: [Requester, GATEWAY_CONFIG],
    useFactory: (requester: Requester, config: GatewayConfig) =>
      new NatsPolicyClient(requester, policyMessageLimits(config)),
  },
];

/** Adapters of the executor's ports. The executor does not depend on Nest, so factories create the adapters. */
@Module({
  providers: ADAPTERS,
  exports: [
    PlanStore,
    FlowStore,
    EventRecorder,
    FlowObserver,
    SessionBindingStore,
    GroupMembershipStore,
    UserDirectory,
    SuperuserPermits,
    SignedInApplications,
    SignedInApplicationRepository,
    AttemptStore,
    StageContractRegistry,
    StageClient,
    PolicyClient,
    StatementLatency,
    JOURNEY_SETTINGS,
  ],
})
export class AdaptersModule {}
