import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { FlowRequest } from '../execution/request.js';
import { Contracts } from '../execution/stages.js';
import { Clients } from './client.js';
import { refuseCredentials } from './inner-query.js';
import { Principals } from './principal.js';
import { sessionKeyOf } from './session.cookie.js';

/** What a controller makes of an address and a body. */
export type Asked = Pick<FlowRequest, 'slug' | 'query' | 'answer'>;

/** Reads from an HTTP request what the executor must know: who asks, from where, in which session. */
@Injectable()
export class FlowRequestReader {
  constructor(
    @Inject(Contracts) private readonly contracts: Contracts,
    @Inject(Clients) private readonly clients: Clients,
    @Inject(Principals) private readonly principals: Principals,
  ) {}

  /** Throws credentials_in_query. */
  async read(request: FastifyRequest, asked: Asked): Promise<FlowRequest> {
    const arrivedAt = performance.now();
    refuseCredentials((field) => this.contracts.isSecret(field), request.query as object, asked.query);
    return {
      ...asked,
      arrivedAt,
      sessionKey: sessionKeyOf(request),
      authenticate: this.principals.tokenUserOf(request),
      client: { ...(await this.clients.of(request)), cookies: cookiesOf(request) },
      locale: 'en',
    };
  }
}

const cookiesOf = ({ cookies }: FastifyRequest) =>
  Object.fromEntries(Object.entries(cookies).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
