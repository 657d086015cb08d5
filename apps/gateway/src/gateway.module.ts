import { setTimeout } from 'node:timers/promises';
import { DEVICE_CODE_KIND, policyBytesOf } from '@gatehouse/contracts';
import { Invitations, TypeormInvitations } from '@gatehouse/directory';
import type { Places } from '@gatehouse/platform';
import { Logger, type NatsRequester, runNamed, Sealer } from '@gatehouse/platform';
import { stages } from '@gatehouse/stages';
import { type DynamicModule, Module, type Provider, type Type } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { CatalogueContracts } from './adapters/catalogue-contracts.js';
import { NatsDeviceGrants } from './adapters/nats-device-grants.js';
import { NatsPolicies } from './adapters/nats-policies.js';
import { NatsStages } from './adapters/nats-stages.js';
import { TypeormAttempts } from './adapters/typeorm-attempts.js';
import { TypeormBoundSessions } from './adapters/typeorm-bound-sessions.js';
import { TypeormBrands } from './adapters/typeorm-brands.js';
import { TypeormConsents } from './adapters/typeorm-consents.js';
import { TypeormEvents } from './adapters/typeorm-events.js';
import { TypeormFlows } from './adapters/typeorm-flows.js';
import { TypeormGrantors } from './adapters/typeorm-grantors.js';
import { TypeormMemberships } from './adapters/typeorm-memberships.js';
import { TypeormOauthClients } from './adapters/typeorm-oauth-clients.js';
import { TypeormOwnDevices } from './adapters/typeorm-own-devices.js';
import { TypeormPlans } from './adapters/typeorm-plans.js';
import { TypeormSessions } from './adapters/typeorm-sessions.js';
import { TypeormTokens } from './adapters/typeorm-tokens.js';
import { AttemptLines } from './execution/attempt-lines.js';
import { attemptsKey, Claims } from './execution/attempts.js';
import { Authorizations } from './execution/authorizations.js';
import { BindingGuard } from './execution/binding-guard.js';
import { Brands } from './execution/brands.js';
import { CodeGuesses } from './execution/code-guesses.js';
import { Consents } from './execution/consents.js';
import { Consultation } from './execution/consultation.js';
import { DeviceGrants } from './execution/device-grants.js';
import { Executor } from './execution/executor.js';
import { Flows } from './execution/flows.js';
import { Grantors } from './execution/grantors.js';
import { OauthClients } from './execution/oauth-clients.js';
import { Outset } from './execution/outset.js';
import { OwnDevices } from './execution/own-devices.js';
import { Pace } from './execution/pace.js';
import { Planning } from './execution/planning.js';
import { Plans } from './execution/plans.js';
import { PolicyEngine } from './execution/policy-engine.js';
import { Sessions } from './execution/sessions.js';
import type { ConfiguredSite } from './execution/site.js';
import { Contracts } from './execution/stages.js';
import { GATEWAY_CONFIG, type GatewayConfig } from './gateway.config.js';
import { ApiPageController } from './http/api-page.controller.js';
import { readsAttributes } from './http/avatar-modes.js';
import { Avatars } from './http/avatars.js';
import { BrandsController } from './http/brands.controller.js';
import { Clients } from './http/client.js';
import { ConsentsController } from './http/consents.controller.js';
import { DeniedPage } from './http/denied.page.js';
import { DeviceDesk } from './http/device.desk.js';
import { DeviceForms } from './http/device.forms.js';
import { DeviceGate } from './http/device.gate.js';
import { DevicePageController } from './http/device-page.controller.js';
import { DevicesController } from './http/devices.controller.js';
import { DuoEnrollmentController } from './http/duo-enrollment.controller.js';
import { ExecutorController } from './http/executor.controller.js';
import { FlowDoor } from './http/flow.door.js';
import { FlowInspectorController } from './http/flow-inspector.controller.js';
import { FlowInstancesController } from './http/flow-instances.controller.js';
import { FlowPageController } from './http/flow-page.controller.js';
import { FlowRequestReader } from './http/flow-request.reader.js';
import { FlowsController } from './http/flows.controller.js';
import { Dependencies, HealthController } from './http/health.controller.js';
import { HomeController } from './http/home.controller.js';
import { InvitationDesk } from './http/invitation.desk.js';
import { InvitationsController } from './http/invitations.controller.js';
import { LiveSessions } from './http/live-sessions.js';
import { OauthController } from './http/oauth.controller.js';
import { OauthClientAuth } from './http/oauth-client.auth.js';
import { OauthMetadataController } from './http/oauth-metadata.controller.js';
import { apiDocument } from './http/openapi/api-document.js';
import { SchemaController } from './http/openapi/schema.controller.js';
import { SchemaTexts } from './http/openapi/schema-texts.js';
import { OwnPageController } from './http/own-page.controller.js';
import { PageFilesController, ProofScriptController } from './http/page-files.controller.js';
import { Principals } from './http/principal.js';
import { RootConfigController } from './http/root-config.controller.js';
import { SessionsController } from './http/sessions.controller.js';
import { SitePages } from './http/site-pages.js';
import { StrangerGate } from './http/stranger.gate.js';
import { UserinfoController } from './http/userinfo.controller.js';
import { UsersController } from './http/users.controller.js';
import { SOURCE_CONTROLLERS, sourceProviders } from './source.parts.js';

/** Everything that answers HTTP. */
const CONTROLLERS: Type[] = [
  ExecutorController,
  FlowPageController,
  PageFilesController,
  ProofScriptController,
  HomeController,
  OwnPageController,
  ApiPageController,
  FlowsController,
  DuoEnrollmentController,
  FlowInstancesController,
  FlowInspectorController,
  UsersController,
  ConsentsController,
  SessionsController,
  DevicesController,
  InvitationsController,
  BrandsController,
  DevicePageController,
  OauthController,
  UserinfoController,
  OauthMetadataController,
  ...SOURCE_CONTROLLERS,
  RootConfigController,
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
  readonly places: Places;
  readonly pages: SitePages;
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
  return [
    Avatars,
    DeniedPage,
    DeviceForms,
    { provide: Logger, useValue: logger },
    { provide: GATEWAY_CONFIG, useValue: config },
    { provide: Plans, useValue: plans },
    { provide: Flows, useValue: flows },
    { provide: SitePages, useValue: ground.pages },
    { provide: Brands, useValue: ports.brands },
    { provide: Contracts, useValue: contracts },
    { provide: Sessions, useValue: ports.sessions },
    { provide: Invitations, useValue: new TypeormInvitations(source) },
    { provide: Consents, useValue: ports.consents },
    { provide: OwnDevices, useValue: ports.devices },
    ...oauthOf(ground, ports),
    ...doorsOf(ground, ports),
    { provide: SchemaTexts, useFactory: () => new SchemaTexts(gatewayDocument()) },
    { provide: Dependencies, useValue: dependenciesOf(source, requester) },
  ];
}

/** What devices are let in by. */
function oauthOf({ config }: Ground, { oauthClients: clients, grants, grantors, attempts, claims }: Ports): Provider[] {
  const rules = stages[DEVICE_CODE_KIND]?.contract.attempts ?? [];
  return [
    { provide: OauthClients, useValue: clients },
    { provide: DeviceGrants, useValue: grants },
    { provide: Grantors, useValue: grantors },
    { provide: OauthClientAuth, useValue: new OauthClientAuth(clients) },
    { provide: DeviceGate, useValue: new DeviceGate(config) },
    { provide: CodeGuesses, useValue: new CodeGuesses({ attempts, claims, grants, rules }) },
  ];
}

/** What stands between HTTP and the executor: who asks, and from where. */
function doorsOf(ground: Ground, { sessions, tokens, bindings, contracts, ...ports }: Ports): Provider[] {
  const { config, logger } = ground;
  const gate = new StrangerGate(config);
  const clients = new Clients(tokens, logger);
  const live = new LiveSessions(sessions, bindings, clients);
  const principals = new Principals({ tokens, sessions: live, clients, gate, baseUrl: config.BASE_URL });
  const reader = new FlowRequestReader({ contracts, clients, principals, gate });
  const inside = { ...ports, contracts, bindings, site: siteOf(config) };
  const [executor, outset] = [new Executor({ ...inside, now: () => new Date() }), new Outset(inside)];
  const authorizations = new Authorizations({ outset, clients: ports.oauthClients, grants: ports.grants });
  const door = new FlowDoor({ executor, outset, authorizations, reader, logger });
  const proofS = config.AUTHENTICATOR_PROOF_S;
  return [
    { provide: Clients, useValue: clients },
    { provide: StrangerGate, useValue: gate },
    InvitationDesk,
    { provide: DeviceDesk, useValue: new DeviceDesk({ devices: ports.devices, sessions, clients, proofS }) },
    { provide: Principals, useValue: principals },
    { provide: FlowDoor, useValue: door },
    ...sourceProviders(ground, { ...ports, contracts, door, principals, clients }),
  ];
}

type Ports = ReturnType<typeof portsOf>;

function portsOf(ground: Ground) {
  const { config, source, logger } = ground;
  const attributes = readsAttributes(config.AVATARS);
  const sealer = new Sealer(config.SEAL_KEYS);
  const plans = new TypeormPlans(source, sealer, { lifetimes: lifetimesOf(config), logger, attributes });
  const contracts = new CatalogueContracts(new Set(config.TRUSTED_STAGES));
  const engine = engineOf(ground, contracts);
  return {
    ...{ plans, contracts, engine, ...judgesOf(ground, contracts) },
    flows: new TypeormFlows(source, sealer),
    brands: new TypeormBrands(source, config.BRAND),
    planning: new Planning(engine),
    events: new TypeormEvents(source, sealer),
    bindings: bindingsOf(ground, sealer),
    sessions: new TypeormSessions(source, attributes),
    ...{ consents: new TypeormConsents(source, sealer), devices: new TypeormOwnDevices(source, sealer) },
    tokens: new TypeormTokens(source, attributes),
    ...devicePortsOf(ground, sealer),
  };
}

/** What stages are asked through, and what guesses are counted by. */
function judgesOf({ config, source, requester, logger }: Ground, contracts: Contracts) {
  const attempts = new TypeormAttempts(source, config.ATTEMPTS_DELAY_S);
  const lines = new AttemptLines(config.ATTEMPTS_LINE);
  const claims = claimsOf(config);
  const stages = new NatsStages(requester);
  const pace = new Pace({ now: () => performance.now(), wait: setTimeout });
  const report = (kind: string, violations: readonly string[]) =>
    logger.fault('a stage oversteps its contract', undefined, { kind, violations });
  const consultation = new Consultation({ stages, contracts, attempts, claims, lines, pace, report });
  return { attempts, claims, lines, consultation };
}

const devicePortsOf = ({ source, requester }: Ground, sealer: Sealer) => ({
  oauthClients: new TypeormOauthClients(source, sealer),
  grants: new NatsDeviceGrants(requester),
  grantors: new TypeormGrantors(source),
});

const lifetimesOf = ({
  ANONYMOUS_SESSION_S: anonymousSessionS,
  SESSION_S: sessionS,
  PLAN_S: planS,
  SOURCE_LOGIN_S: sourceLoginS,
  AUTHENTICATOR_PROOF_S: proofS,
}: GatewayConfig) => ({
  ...{ anonymousSessionS, sessionS, planS, proofS, sourceLoginS },
});

const engineOf = ({ config, source, requester, logger }: Ground, contracts: Contracts) =>
  new PolicyEngine({
    policies: new NatsPolicies(requester, policyBytesOf(config)),
    memberships: new TypeormMemberships(source),
    contracts,
    timeoutMs: config.POLICY_TIMEOUT_MS,
    report: (undecided) => logger.fault('a policy could not decide', undefined, { ...undecided }),
  });

const bindingsOf = ({ source, places, logger }: Ground, sealer: Sealer) =>
  new BindingGuard({
    sessions: new TypeormBoundSessions(source, sealer),
    places,
    report: (error) => logger.fault('where a session is used could not be noted', error),
  });

const siteOf = ({ BASE_URL }: GatewayConfig): ConfiguredSite => ({
  base_url: BASE_URL.replace(/\/$/, ''),
  rp_id: new URL(BASE_URL).hostname,
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
