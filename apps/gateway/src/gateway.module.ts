import { DEVICE_CODE_KIND } from '@gatehouse/contracts';
import { Invitations, TypeormInvitations } from '@gatehouse/directory';
import { Logger, type NatsRequester, runNamed } from '@gatehouse/platform';
import { stages } from '@gatehouse/stages';
import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { Authorizations } from './execution/authorizations.js';
import { Brands } from './execution/brands.js';
import { CodeGuesses } from './execution/code-guesses.js';
import { Consents } from './execution/consents.js';
import { DeviceGrants } from './execution/device-grants.js';
import { Executor } from './execution/executor.js';
import { Flows } from './execution/flows.js';
import { Grantors } from './execution/grantors.js';
import { OauthClients } from './execution/oauth-clients.js';
import { Outset } from './execution/outset.js';
import { OwnDevices } from './execution/own-devices.js';
import { Owners } from './execution/owners.js';
import { Plans } from './execution/plans.js';
import { Sessions } from './execution/sessions.js';
import type { ConfiguredSite } from './execution/site.js';
import { Contracts } from './execution/stages.js';
import { GATEWAY_CONFIG, type GatewayConfig } from './gateway.config.js';
import { CONTROLLERS, gatewayDocument } from './gateway.controllers.js';
import { type Ground, type Ports, portsOf } from './gateway.ports.js';
import { Avatars } from './http/avatars.js';
import { Clients } from './http/client.js';
import { DeniedPage } from './http/denied.page.js';
import { DeviceDesk } from './http/device.desk.js';
import { DeviceForms } from './http/device.forms.js';
import { DeviceGate } from './http/device.gate.js';
import { FlowDoor } from './http/flow.door.js';
import { FlowRequestReader } from './http/flow-request.reader.js';
import { Dependencies } from './http/health.controller.js';
import { InvitationDesk } from './http/invitation.desk.js';
import { InvitationsPresenter } from './http/invitations.presenter.js';
import { ListOwner } from './http/list-owner.js';
import { LiveSessions } from './http/live-sessions.js';
import { OauthClientAuth } from './http/oauth-client.auth.js';
import { SchemaTexts } from './http/openapi/schema-texts.js';
import { Principals } from './http/principal.js';
import { SitePages } from './http/site-pages.js';
import { StrangerGate } from './http/stranger.gate.js';
import { sourceProviders } from './source.parts.js';

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
    { provide: Owners, useValue: ports.owners },
    ListOwner,
    ...oauthOf(ground, ports),
    ...doorsOf(ground, ports),
    { provide: SchemaTexts, useFactory: () => new SchemaTexts(gatewayDocument) },
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
    InvitationsPresenter,
    { provide: DeviceDesk, useValue: new DeviceDesk({ devices: ports.devices, sessions, clients, proofS }) },
    { provide: Principals, useValue: principals },
    { provide: FlowDoor, useValue: door },
    ...sourceProviders(ground, { ...ports, contracts, door, principals, clients }),
  ];
}

const siteOf = ({ BASE_URL }: GatewayConfig): ConfiguredSite => ({
  base_url: BASE_URL.replace(/\/$/, ''),
  rp_id: new URL(BASE_URL).hostname,
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
