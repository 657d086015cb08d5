import { type NatsRequester, Sealer } from '@gatehouse/platform';
import type { Provider, Type } from '@nestjs/common';
import { NatsProviders } from './adapters/nats-providers.js';
import { TypeormSourceBook } from './adapters/typeorm-source-book.js';
import { TypeormSourceLogins } from './adapters/typeorm-source-logins.js';
import type { Flows } from './execution/flows.js';
import type { Plans } from './execution/plans.js';
import { SourceArrivals } from './execution/source-arrivals.js';
import { SourceBook } from './execution/source-book.js';
import { SourceReturns } from './execution/source-returns.js';
import type { Contracts } from './execution/stages.js';
import type { GatewayConfig } from './gateway.config.js';
import type { Clients } from './http/client.js';
import type { FlowDoor } from './http/flow.door.js';
import { PlexController } from './http/plex.controller.js';
import type { Principals } from './http/principal.js';
import { SourceDesk } from './http/source.desk.js';
import { SourcePagesController } from './http/source-pages.controller.js';
import { SourcePicturesController } from './http/source-pictures.controller.js';
import { UserConnectionsController } from './http/user-connections.controller.js';

/** What answers HTTP about sources. */
export const SOURCE_CONTROLLERS: Type[] = [
  SourcePagesController,
  SourcePicturesController,
  PlexController,
  UserConnectionsController,
];

interface Ground {
  readonly config: GatewayConfig;
  readonly source: ConstructorParameters<typeof TypeormSourceBook>[0];
  readonly requester: NatsRequester;
}

interface House {
  readonly plans: Plans;
  readonly flows: Flows;
  readonly contracts: Contracts;
  readonly door: FlowDoor;
  readonly principals: Principals;
  readonly clients: Clients;
}

/** What sends people to sources and receives them. */
export function sourceProviders({ config, source, requester }: Ground, { door, principals, clients, ...house }: House) {
  const sealer = new Sealer(config.SEAL_KEYS);
  const lifetimes = { sourceLoginS: config.SOURCE_LOGIN_S, anonymousSessionS: config.ANONYMOUS_SESSION_S };
  const { plans, flows, contracts } = house;
  const book = new TypeormSourceBook(source, sealer);
  const returns = new SourceReturns({ plans, flows, contracts, now: () => new Date() });
  const desk = new SourceDesk({
    ...{ book, door, principals, clients, baseUrl: config.BASE_URL },
    logins: new TypeormSourceLogins(source, sealer, lifetimes),
    providers: new NatsProviders(requester),
    arrivals: new SourceArrivals({ book, returns }),
  });
  return [
    { provide: SourceBook, useValue: book },
    { provide: SourceDesk, useValue: desk },
  ] satisfies Provider[];
}
