import { DEVICE_CODE_KIND } from '@gatehouse/contracts';
import { Invitations, TypeormInvitations } from '@gatehouse/directory';
import { Logger, type NatsRequester, runNamed } from '@gatehouse/platform';
import { stages } from '@gatehouse/stages';
import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { DeviceAuthorizationService } from './execution/authorizations.js';
import { BrandStore } from './execution/brands.js';
import { UserCodeVerifier } from './execution/code-guesses.js';
import { Consents } from './execution/consents.js';
import { DeviceGrants } from './execution/device-grants.js';
import { Executor } from './execution/executor.js';
import { FlowStore } from './execution/flows.js';
import { Grantors } from './execution/grantors.js';
import { OauthClients } from './execution/oauth-clients.js';
import { FlowStarter } from './execution/outset.js';
import { OwnDevices } from './execution/own-devices.js';
import { Owners } from './execution/owners.js';
import { PlanStore } from './execution/plans.js';
import { Sessions } from './execution/sessions.js';
import type { ConfiguredSite } from './execution/site.js';
import { StageContractRegistry } from './execution/stages.js';
import { GATEWAY_CONFIG, type GatewayConfig } from './gateway.config.js';
import { apiDocumentOf, CONTROLLERS } from './gateway.controllers.js';
import { type GatewayDeps, type Ports, portsOf } from './gateway.ports.js';
import { AvatarService } from './http/avatars.js';
import { ClientResolver } from './http/client.js';
import { AccessDeniedPage } from './http/denied.page.js';
import { DeviceService } from './http/device.desk.js';
import { DeviceFormService } from './http/device.forms.js';
import { DeviceCodeRateLimiter } from './http/device.gate.js';
import { FlowService } from './http/flow.door.js';
import { FlowRequestReader } from './http/flow-request.reader.js';
import { HealthChecks } from './http/health.controller.js';
import { InvitationService } from './http/invitation.desk.js';
import { InvitationsPresenter } from './http/invitations.presenter.js';
import { ListOwnerResolver } from './http/list-owner.js';
import { SessionAuthenticator } from './http/live-sessions.js';
import { OauthClientAuthenticator } from './http/oauth-client.auth.js';
import { PublishedSchema } from './http/openapi/schema-texts.js';
import { AuthService } from './http/principal.js';
import { PageRenderer } from './http/site-pages.js';
import { AnonymousRateLimiter } from './http/stranger.gate.js';
import { sourceProviders } from './source.parts.js';

/** The gateway's parts, put together. */
@Module({})
export class GatewayModule {
  static on(ground: GatewayDeps): DynamicModule {
    return {
      module: GatewayModule,
      controllers: CONTROLLERS,
      providers: providersOf(ground),
    };
  }
}

function providersOf(ground: GatewayDeps): Provider[] {
  const { config, source, requester, logger } = ground;
  const ports = portsOf(ground);
  const { plans, flows, contracts } = ports;
  return [
    AvatarService,
    AccessDeniedPage,
    DeviceFormService,
    { provide: Logger, useValue: logger },
    { provide: GATEWAY_CONFIG, useValue: config },
    { provide: PlanStore, useValue: plans },
    { provide: FlowStore, useValue: flows },
    { provide: PageRenderer, useValue: ground.pages },
    { provide: BrandStore, useValue: ports.brands },
    { provide: StageContractRegistry, useValue: contracts },
    { provide: Sessions, useValue: ports.sessions },
    { provide: Invitations, useValue: new TypeormInvitations(source) },
    { provide: Consents, useValue: ports.consents },
    { provide: OwnDevices, useValue: ports.devices },
    { provide: Owners, useValue: ports.owners },
    ListOwnerResolver,
    ...oauthOf(ground, ports),
    ...doorsOf(ground, ports),
    { provide: PublishedSchema, useFactory: () => new PublishedSchema(apiDocumentOf) },
    { provide: HealthChecks, useValue: dependenciesOf(source, requester) },
  ];
}

/** What devices are let in by. */
function oauthOf(
  { config }: GatewayDeps,
  { oauthClients: clients, grants, grantors, attempts, claims }: Ports,
): Provider[] {
  const rules = stages[DEVICE_CODE_KIND]?.contract.attempts ?? [];
  return [
    { provide: OauthClients, useValue: clients },
    { provide: DeviceGrants, useValue: grants },
    { provide: Grantors, useValue: grantors },
    { provide: OauthClientAuthenticator, useValue: new OauthClientAuthenticator(clients) },
    { provide: DeviceCodeRateLimiter, useValue: new DeviceCodeRateLimiter(config) },
    { provide: UserCodeVerifier, useValue: new UserCodeVerifier({ attempts, claims, grants, rules }) },
  ];
}

/** What stands between HTTP and the executor: who asks, and from where. */
function doorsOf(ground: GatewayDeps, { sessions, tokens, bindings, contracts, ...ports }: Ports): Provider[] {
  const { config, logger } = ground;
  const gate = new AnonymousRateLimiter(config);
  const clients = new ClientResolver(tokens, logger);
  const live = new SessionAuthenticator(sessions, bindings, clients);
  const principals = new AuthService({ tokens, sessions: live, clients, gate, baseUrl: config.BASE_URL });
  const reader = new FlowRequestReader({ contracts, clients, principals, gate });
  const inside = { ...ports, contracts, bindings, site: siteOf(config) };
  const [executor, outset] = [new Executor({ ...inside, now: () => new Date() }), new FlowStarter(inside)];
  const authorizations = new DeviceAuthorizationService({ outset, clients: ports.oauthClients, grants: ports.grants });
  const door = new FlowService({ executor, outset, authorizations, reader, logger });
  const proofS = config.AUTHENTICATOR_PROOF_S;
  return [
    { provide: ClientResolver, useValue: clients },
    { provide: AnonymousRateLimiter, useValue: gate },
    InvitationService,
    InvitationsPresenter,
    { provide: DeviceService, useValue: new DeviceService({ devices: ports.devices, sessions, clients, proofS }) },
    { provide: AuthService, useValue: principals },
    { provide: FlowService, useValue: door },
    ...sourceProviders(ground, { ...ports, contracts, door, principals, clients }),
  ];
}

const siteOf = ({ BASE_URL }: GatewayConfig): ConfiguredSite => ({
  base_url: BASE_URL.replace(/\/$/, ''),
  rp_id: new URL(BASE_URL).hostname,
});

const PING = { name: 'ping', text: 'SELECT 1' };

const dependenciesOf = (source: DataSource, requester: NatsRequester): HealthChecks => ({
  async missing() {
    const database = await runNamed(source, PING, []).then(
      () => true,
      () => false,
    );
    return [...(database ? [] : ['database']), ...(requester.connected ? [] : ['bus'])];
  },
});
