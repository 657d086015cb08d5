import { Logger, type NatsRequester, runNamed, Sealer } from '@gatehouse/platform';
import { type DynamicModule, Module, type Provider, type Type } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { CatalogueContracts } from './adapters/catalogue-contracts.js';
import { NatsPolicies } from './adapters/nats-policies.js';
import { NatsStages } from './adapters/nats-stages.js';
import { TypeormAttempts } from './adapters/typeorm-attempts.js';
import { TypeormFlows } from './adapters/typeorm-flows.js';
import { TypeormMemberships } from './adapters/typeorm-memberships.js';
import { TypeormPlans } from './adapters/typeorm-plans.js';
import { TypeormSessions } from './adapters/typeorm-sessions.js';
import { attemptsKey, Claims } from './execution/attempts.js';
import { Consultation } from './execution/consultation.js';
import { Executor } from './execution/executor.js';
import { Flows } from './execution/flows.js';
import { Outset } from './execution/outset.js';
import { Planning } from './execution/planning.js';
import { Plans } from './execution/plans.js';
import { PolicyEngine } from './execution/policy-engine.js';
import { Sessions } from './execution/sessions.js';
import { Contracts } from './execution/stages.js';
import { GATEWAY_CONFIG, type GatewayConfig } from './gateway.config.js';
import { readsAttributes } from './http/avatar-modes.js';
import { Avatars } from './http/avatars.js';
import { ExecutorController } from './http/executor.controller.js';
import { FlowDoor } from './http/flow.door.js';
import { FlowInspectorController } from './http/flow-inspector.controller.js';
import { FlowInstancesController } from './http/flow-instances.controller.js';
import { FlowPageController } from './http/flow-page.controller.js';
import { FlowsController } from './http/flows.controller.js';
import { Dependencies, HealthController } from './http/health.controller.js';
import { HomeController } from './http/home.controller.js';
import { apiDocument } from './http/openapi/api-document.js';
import { SchemaController } from './http/openapi/schema.controller.js';
import { SchemaTexts } from './http/openapi/schema-texts.js';
import { StrangerGate } from './http/stranger.gate.js';
import { UsersController } from './http/users.controller.js';

/** Everything that answers HTTP. */
const CONTROLLERS: Type[] = [
  ExecutorController,
  FlowPageController,
  HomeController,
  FlowsController,
  FlowInstancesController,
  FlowInspectorController,
  UsersController,
  HealthController,
  SchemaController,
];

/** The published schema of all of it. */
export const gatewayDocument = () => apiDocument(CONTROLLERS);

/** What the gateway stands on. */
export interface Ground {
  readonly config: GatewayConfig;
  readonly source: DataSource;
  readonly requester: NatsRequester;
  readonly logger: Logger;
}

/** The gateway's parts, put together. */
@Module({})
export class GatewayModule {
  static on(ground: Ground): DynamicModule {
    return {
      module: GatewayModule,
      controllers: CONTROLLERS,
      providers: providersOf(ground),
    };
  }
}

function providersOf(ground: Ground): Provider[] {
  const { config, source, requester, logger } = ground;
  const ports = portsOf(ground);
  const { plans, flows, contracts } = ports;
  const executor = new Executor({ ...ports, site: siteOf(config), now: () => new Date() });
  const outset = new Outset({ ...ports, site: siteOf(config) });
  const gate = new StrangerGate(config);
  return [
    Avatars,
    { provide: StrangerGate, useValue: gate },
    { provide: FlowDoor, useValue: new FlowDoor({ executor, outset, contracts, logger, gate }) },
    { provide: Logger, useValue: logger },
    { provide: GATEWAY_CONFIG, useValue: config },
    { provide: Plans, useValue: plans },
    { provide: Flows, useValue: flows },
    { provide: Contracts, useValue: contracts },
    { provide: Sessions, useValue: new TypeormSessions(source, readsAttributes(config.AVATARS)) },
    { provide: SchemaTexts, useFactory: () => new SchemaTexts(gatewayDocument()) },
    { provide: Dependencies, useValue: dependenciesOf(source, requester) },
  ];
}

function portsOf({ config, source, requester, logger }: Ground) {
  const { ANONYMOUS_SESSION_S: anonymousSessionS, SESSION_S: sessionS, PLAN_S: planS } = config;
  const lifetimes = { anonymousSessionS, sessionS, planS };
  const plans = new TypeormPlans(source, new Sealer(config.SEAL_KEYS), {
    ...{ lifetimes, logger, attributes: readsAttributes(config.AVATARS) },
  });
  const contracts = new CatalogueContracts(new Set(config.TRUSTED_STAGES));
  const attempts = new TypeormAttempts(source, config.ATTEMPTS_DELAY_S);
  const consultation = new Consultation({
    stages: new NatsStages(requester),
    contracts,
    attempts,
    claims: claimsOf(config),
    report: (kind, violations) => logger.fault('a stage oversteps its contract', undefined, { kind, violations }),
  });
  const engine = new PolicyEngine({
    policies: new NatsPolicies(requester),
    memberships: new TypeormMemberships(source),
    contracts,
    timeoutMs: config.POLICY_TIMEOUT_MS,
    report: (undecided) => logger.fault('a policy could not decide', undefined, { ...undecided }),
  });
  const planning = new Planning(engine);
  return { plans, flows: new TypeormFlows(source), contracts, attempts, consultation, engine, planning };
}

const siteOf = ({ BASE_URL, BRAND }: GatewayConfig) => ({
  base_url: BASE_URL.replace(/\/$/, ''),
  rp_id: new URL(BASE_URL).hostname,
  brand: BRAND,
});

const claimsOf = (config: GatewayConfig) =>
  new Claims(attemptsKey(config.SECRET_KEY), {
    free: config.NETWORK_ATTEMPTS_FREE,
    forgetAfterS: config.NETWORK_ATTEMPTS_FORGET_S,
  });

const PING = { name: 'ping', text: 'SELECT 1' };

const dependenciesOf = (source: DataSource, requester: NatsRequester): Dependencies => ({
  async missing() {
    const database = await runNamed(source, PING, []).then(
      () => true,
      () => false,
    );
    return [...(database ? [] : ['database']), ...(requester.connected ? [] : ['bus'])];
  },
});
