import { DEVICE_CODE_KIND } from '@gatehouse/contracts';
import { InvitationRepository } from '@gatehouse/directory';
import type { ConfiguredSite } from '@gatehouse/executor';
import { BrandStore, Executor, FlowStarter, FlowStore, PlanStore, StageContractRegistry } from '@gatehouse/executor';
import { Logger, type Requester, runNamed } from '@gatehouse/platform';
import { stages } from '@gatehouse/stages';
import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { DeviceFormService } from './account/device-form.service.js';
import { Consents } from './consents/consents.js';
import { DeviceService } from './devices/device.service.js';
import { OwnDevices } from './devices/user-devices.js';
import { FlowService } from './flows/flow.service.js';
import { FlowRequestReader } from './flows/flow-request.reader.js';
import { GATEWAY_CONFIG, type GatewayConfig } from './gateway.config.js';
import { apiDocumentOf, CONTROLLERS } from './gateway.controllers.js';
import { type GatewayDeps, type Ports, portsOf } from './gateway.ports.js';
import { AuthService } from './http/auth/auth.service.js';
import { RecentLogins } from './http/auth/recent-logins.js';
import { SessionAuthenticator } from './http/auth/session-authenticator.js';
import { ClientResolver } from './http/client-info.js';
import { PublishedSchema } from './http/openapi/published-schema.js';
import { AccessDeniedPage } from './http/pages/access-denied.page.js';
import { PageRenderer } from './http/pages/page-renderer.js';
import { AnonymousRateLimiter } from './http/rate-limits/anonymous-rate-limiter.js';
import { SessionCookies } from './http/session.cookie.js';
import { InvitationsPresenter } from './invitations/invitation.presenter.js';
import { InvitationService } from './invitations/invitation.service.js';
import { DeviceAuthorizationService } from './oauth/device-authorization.service.js';
import { DeviceCodeRateLimiter } from './oauth/device-code-rate-limiter.js';
import { DeviceGrants } from './oauth/device-grants.js';
import { OauthClientAuthenticator } from './oauth/oauth-client.authenticator.js';
import { OauthClients } from './oauth/oauth-clients.js';
import { UserCodeVerifier } from './oauth/user-code.verifier.js';
import { Sessions } from './sessions/sessions.js';
import { sourceProviders } from './source.parts.js';
import { HealthChecks } from './system/health.controller.js';
import { AvatarService } from './users/avatars/avatar.service.js';
import { Grantors } from './users/grantors.js';
import { ListOwnerResolver } from './users/list-owner.resolver.js';
import { Owners } from './users/owners.js';

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
    { provide: InvitationRepository, useValue: new InvitationRepository(source) },
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
  const cookies = new SessionCookies({ sessions, clients, logger, name: config.SESSION_COOKIE });
  const live = new SessionAuthenticator({ sessions, bindings, clients, cookies });
  const principals = new AuthService({ tokens, sessions: live, clients, gate, baseUrl: config.BASE_URL });
  const reader = new FlowRequestReader({ contracts, clients, principals, cookies, gate });
  const inside = { ...ports, contracts, bindings, site: siteOf(config) };
  const [executor, outset] = [new Executor({ ...inside, now: () => new Date() }), new FlowStarter(inside)];
  const authorizations = new DeviceAuthorizationService({ outset, clients: ports.oauthClients, grants: ports.grants });
  const door = new FlowService({ executor, outset, authorizations, reader, cookies, logger });
  const proofS = config.AUTHENTICATOR_PROOF_S;
  const recent = new RecentLogins(sessions, config.CREDENTIAL_PROOF_S);
  return [
    { provide: ClientResolver, useValue: clients },
    { provide: SessionCookies, useValue: cookies },
    { provide: AnonymousRateLimiter, useValue: gate },
    InvitationService,
    InvitationsPresenter,
    { provide: DeviceService, useValue: new DeviceService({ devices: ports.devices, sessions, clients, proofS }) },
    { provide: AuthService, useValue: principals },
    { provide: RecentLogins, useValue: recent },
    { provide: FlowService, useValue: door },
    ...sourceProviders(ground, { ...ports, contracts, door, principals, clients, recent, cookies }),
  ];
}

const siteOf = ({ BASE_URL }: GatewayConfig): ConfiguredSite => ({
  base_url: BASE_URL.replace(/\/$/, ''),
  rp_id: new URL(BASE_URL).hostname,
});

const PING = { name: 'ping', text: 'SELECT 1' };

const dependenciesOf = (source: DataSource, requester: Requester): HealthChecks => ({
  async missing() {
    const database = await runNamed(source, PING, []).then(
      () => true,
      () => false,
    );
    return [...(database ? [] : ['database']), ...(requester.connected ? [] : ['bus'])];
  },
});
