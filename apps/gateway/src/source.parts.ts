import { type NatsRequester, Sealer } from '@gatehouse/platform';
import type { Provider, Type } from '@nestjs/common';
import { NatsProviders } from './adapters/nats-providers.js';
import { TypeormSourceBook } from './adapters/typeorm-source-book.js';
import { TypeormSourceLogins } from './adapters/typeorm-source-logins.js';
import type { FlowStore } from './execution/flows.js';
import type { PlanStore } from './execution/plans.js';
import { SourceFlowManager } from './execution/source-arrivals.js';
import { SourceBook } from './execution/source-book.js';
import { SourceStageResumer } from './execution/source-returns.js';
import type { StageContractRegistry } from './execution/stages.js';
import type { GatewayConfig } from './gateway.config.js';
import type { ClientResolver } from './http/client.js';
import type { FlowService } from './http/flow.door.js';
import { PlexController } from './http/plex.controller.js';
import type { AuthService } from './http/principal.js';
import { SourceLoginService } from './http/source.desk.js';
import { SourceLoginController } from './http/source-pages.controller.js';
import { SourceIconsController } from './http/source-pictures.controller.js';
import { UserSourceConnectionsController } from './http/user-connections.controller.js';

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
  readonly requester: NatsRequester;
}

interface House {
  readonly plans: PlanStore;
  readonly flows: FlowStore;
  readonly contracts: StageContractRegistry;
  readonly door: FlowService;
  readonly principals: AuthService;
  readonly clients: ClientResolver;
}

/** What sends people to sources and receives them. */
export function sourceProviders({ config, source, requester }: Ground, { door, principals, clients, ...house }: House) {
  const sealer = new Sealer(config.SEAL_KEYS);
  const lifetimes = { sourceLoginS: config.SOURCE_LOGIN_S, anonymousSessionS: config.ANONYMOUS_SESSION_S };
  const { plans, flows, contracts } = house;
  const book = new TypeormSourceBook(source, sealer);
  const returns = new SourceStageResumer({ plans, flows, contracts, now: () => new Date() });
  const desk = new SourceLoginService({
    ...{ book, door, principals, clients, baseUrl: config.BASE_URL },
    logins: new TypeormSourceLogins(source, sealer, lifetimes),
    providers: new NatsProviders(requester),
    arrivals: new SourceFlowManager({ book, returns }),
  });
  return [
    { provide: SourceBook, useValue: book },
    { provide: SourceLoginService, useValue: desk },
  ] satisfies Provider[];
}
