import type { EventActor } from '@gatehouse/contracts';
import type { EventFacts } from '@gatehouse/outbox';
import { GeoLocator } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ClientResolver } from './client.resolver.js';

/** The facts that the events of an HTTP request record, except the subject of each event. */
export interface RequestFacts extends Omit<EventFacts, 'user'> {
  readonly userAgent: string;
  readonly requestId: string;
}

/** The part of a `Principal` that events record about the caller. */
interface EventCaller {
  readonly user: { readonly uuid: string; readonly username: string };
  readonly byToken: boolean;
  readonly token?: { readonly pk: string; readonly scope: string | null } | undefined;
}

/** Reads the facts of audit events from requests outside of flows. */
@Injectable()
export class EventFactsReader {
  constructor(
    @Inject(ClientResolver) private readonly clients: ClientResolver,
    @Inject(GeoLocator) private readonly geoLocator: GeoLocator,
  ) {}

  /** Returns the facts of a request. Its actor is the principal; `undefined` for an anonymous visitor. */
  async read(request: FastifyRequest, principal: EventCaller | undefined): Promise<RequestFacts> {
    const { ip: clientIp, user_agent: userAgent } = await this.clients.resolve(request);
    return {
      actor: actorOf(principal),
      ...{ clientIp, userAgent, requestId: request.id, location: this.geoLocator.findLocation(clientIp) },
      ...{ flow: undefined, plan: undefined },
    };
  }
}

function actorOf(principal: EventCaller | undefined): EventActor {
  if (!principal) return { type: 'anonymous' };
  const { uuid, username } = principal.user;
  if (!principal.byToken) return { type: 'user', uuid, username };
  return { type: 'api_token', uuid, username, ...(principal.token && { token: principal.token }) };
}
