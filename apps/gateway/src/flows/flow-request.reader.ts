import type { FlowRequest, StageContractRegistry } from '@gatehouse/executor';
import type { FastifyRequest } from 'fastify';
import type { AuthService } from '../http/auth/auth.service.js';
import type { ClientResolver } from '../http/client-info.js';
import { withMarkedNext } from '../http/cross-site.js';
import type { HttpExchange } from '../http/exchange.js';
import { localeFor } from '../http/locale.js';
import { rejectCredentialsInQuery } from '../http/query.js';
import type { AnonymousRateLimiter } from '../http/rate-limits/anonymous-rate-limiter.js';
import type { SessionCookies } from '../http/session.cookie.js';

/** What a controller makes of an address and a body. */
export type FlowRequestParams = Pick<FlowRequest, 'slug' | 'query' | 'answer' | 'crossSite'> & {
  /** The address's own query, where that is not the request's. */
  readonly outer?: object;
};

interface Parts {
  readonly contracts: StageContractRegistry;
  readonly clients: ClientResolver;
  readonly principals: AuthService;
  readonly cookies: SessionCookies;
  readonly gate: AnonymousRateLimiter;
}

/** Reads from an HTTP request what the executor must know: who asks, from where, in which session. */
export class FlowRequestReader {
  constructor(private readonly parts: Parts) {}

  /** Marks a `next` that leads to an acting address, so that a link or a mail acts on nothing after a login. Throws credentials_in_query. */
  async read({ request, reply }: HttpExchange, asked: FlowRequestParams): Promise<FlowRequest> {
    const arrivedAt = performance.now();
    const { contracts, clients, principals, cookies, gate } = this.parts;
    const { outer = request.query as object, ...rest } = asked;
    rejectCredentialsInQuery((field) => contracts.isSecret(field), outer, asked.query);
    const client = await clients.of(request);
    return {
      ...rest,
      query: withMarkedNext(asked.query),
      arrivedAt,
      host: request.host,
      named: [outer, asked.query].flatMap(Object.keys),
      sessionKey: await cookies.keyOf(request),
      authenticate: principals.tokenUserOf(request),
      client: { ...client, cookies: cookiesOf(request) },
      localeFor: (present) => localeFor(request, present),
      admitStranger: () => gate.admit(client.ip, reply),
    };
  }
}

const cookiesOf = ({ cookies }: FastifyRequest) =>
  Object.fromEntries(Object.entries(cookies).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
