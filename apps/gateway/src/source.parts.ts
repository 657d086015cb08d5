import type { FlowStore, PlanStore, StageContractRegistry } from '@gatehouse/executor';
import { type Requester, Sealer } from '@gatehouse/platform';
import type { Provider, Type } from '@nestjs/common';
import type { FlowService } from './flows/flow.service.js';
import type { GatewayConfig } from './gateway.config.js';
import type { AuthService } from './http/auth/auth.service.js';
import type { RecentLogins } from './http/auth/recent-logins.js';
import type { ClientResolver } from './http/client-info.js';
import type { SessionCookies } from './http/session.cookie.js';
import { TypeormSourceLogins } from './sources/pending-source-login.repository.js';
import { PlexController } from './sources/plex.controller.js';
import { TypeormSourceBook } from './sources/source.repository.js';
import { SourceBook } from './sources/source-book.js';
import { SourceFlowManager } from './sources/source-flow.manager.js';
import { SourceIconsController } from './sources/source-icons.controller.js';
import { SourceLoginController } from './sources/source-login.controller.js';
import { SourceLoginService } from './sources/source-login.service.js';
import { NatsProviders } from './sources/source-provider.client.js';
import { SourceStageResumer } from './sources/source-stage.resumer.js';
import { UserSourceConnectionsController } from './sources/user-source-connections.controller.js';

/** What answers HTTP about sources. */
export const SOURCE_CONTROLLERS: Type[] = [
  SourceLoginController,
  SourceIconsController,
  PlexController,
  UserSourceConnectionsController,
];

interface Ground {
  readonly config: GatewayConfig;
  readonly source: ConstructorParameters<typeof TypeormSourceBook>[0];
  readonly requester: Requester;
}

interface House {
  readonly plans: PlanStore;
  readonly flows: FlowStore;
  readonly contracts: StageContractRegistry;
  readonly door: FlowService;
  readonly principals: AuthService;
  readonly clients: ClientResolver;
  readonly recent: RecentLogins;
  readonly cookies: SessionCookies;
}

/** What sends people to sources and receives them. */
export function sourceProviders({ config, source, requester }: Ground, house: House) {
  const sealer = new Sealer(config.SEAL_KEYS);
  const lifetimes = { sourceLoginS: config.SOURCE_LOGIN_S, anonymousSessionS: config.ANONYMOUS_SESSION_S };
  const { plans, flows, contracts, door, principals, clients, recent, cookies } = house;
  const book = new TypeormSourceBook(source, sealer);
  const returns = new SourceStageResumer({ plans, flows, contracts, now: () => new Date() });
  const desk = new SourceLoginService({
    ...{ book, door, principals, clients, recent, cookies, baseUrl: config.BASE_URL },
    logins: new TypeormSourceLogins(source, sealer, lifetimes),
    providers: new NatsProviders(requester),
    arrivals: new SourceFlowManager({ book, returns }),
  });
  return [
    { provide: SourceBook, useValue: book },
    { provide: SourceLoginService, useValue: desk },
  ] satisfies Provider[];
}
