import type { ChangeOrigin } from '@gatehouse/contracts';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { EventFactsReader } from '../http/event-facts.reader.js';

/** Reads the author of a change of a flow from a request, for the audit event that the service `blueprints` writes. */
@Injectable()
export class ChangeOriginReader {
  constructor(@Inject(EventFactsReader) private readonly eventFacts: EventFactsReader) {}

  async read(request: FastifyRequest): Promise<ChangeOrigin> {
    const { actor, clientIp, userAgent, location, requestId } = await this.eventFacts.read(request, request.principal);
    return {
      ...{ actor, client_ip: clientIp, user_agent: userAgent, request_id: requestId },
      ...(location && { location: { country: location.country, city: location.city_name } }),
    };
  }
}
