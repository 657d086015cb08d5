import { type FlowRequest, StageContractRegistry } from '@gatehouse/executor';
import { GeoLocator } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { AuthService } from '../http/auth/auth.service.js';
import { ClientResolver } from '../http/client.resolver.js';
import { withMarkedNext } from '../http/cross-site-request.js';
import type { HttpExchange } from '../http/exchange.js';
import { DEVICE_COOKIE, KNOWN_BROWSER_COOKIE, KnownBrowserService } from '../http/known-browser.service.js';
import { languagesIn, localeFor } from '../http/locale.js';
import { rejectCredentialsInQuery, rejectLongQuery } from '../http/query.js';
import { AnonymousRateLimiter } from '../http/rate-limits/anonymous-rate-limiter.js';
import { NewSessionRateLimiter } from '../http/rate-limits/new-session-rate-limiter.js';
import { SessionCookieService } from '../http/session-cookie.service.js';
import { loginSetIn } from '../http/switching-cookie.js';
import { JourneyFactsReader } from '../journeys/journey-facts.reader.js';

/** The members of a FlowRequest that a controller reads from the URL and the body. */
export type FlowRequestParams = Pick<FlowRequest, 'slug' | 'query' | 'answer' | 'crossSite'> & {
  /**
   * The parameters of the URL itself, by default those of the HTTP request. Neither these parameters nor those of the
   * inner query (the member `query`) may contain a secret field (docs/spec/http.md#inner-query).
   */
  readonly outer?: object;
};

/** Creates the FlowRequest of an HTTP request. */
@Injectable()
export class FlowRequestReader {
  constructor(
    @Inject(StageContractRegistry) private readonly contracts: StageContractRegistry,
    @Inject(ClientResolver) private readonly clients: ClientResolver,
    @Inject(AuthService) private readonly auth: AuthService,
    @Inject(SessionCookieService) private readonly cookies: SessionCookieService,
    @Inject(AnonymousRateLimiter) private readonly rateLimiter: AnonymousRateLimiter,
    @Inject(KnownBrowserService) private readonly knownBrowsers: KnownBrowserService,
    @Inject(NewSessionRateLimiter) private readonly newSessions: NewSessionRateLimiter,
    @Inject(GeoLocator) private readonly geoLocator: GeoLocator,
    @Inject(JourneyFactsReader) private readonly journeyFacts: JourneyFactsReader,
    @Inject(GATEWAY_CONFIG)
    private readonly config: Pick<GatewayConfig, 'API_VERSION' | 'QUERY_LIMIT_BYTES' | 'SESSION_COOKIE'>,
  ) {}

  /**
   * Returns the FlowRequest of an HTTP request. Adds the parameter CROSS_SITE to a `next` whose GET changes something,
   * because another site may have chosen it. Throws `credentials_in_query` or `query_too_long`.
   */
  async read({ request, reply }: HttpExchange, params: FlowRequestParams): Promise<FlowRequest> {
    const arrivedAt = performance.now();
    const { slug, query, answer, crossSite, outer = request.query as object } = params;
    rejectCredentialsInQuery((field) => this.contracts.isSecretField(field), outer, query);
    rejectLongQuery(query, this.config.QUERY_LIMIT_BYTES);
    const { account, ...client } = await this.clients.resolve(request);
    return {
      requestId: request.id,
      slug,
      answer,
      crossSite,
      query: withMarkedNext(query),
      arrivedAt,
      host: request.host,
      queryNames: [outer, query].flatMap(Object.keys),
      sessionKey: await this.cookies.keyOf(request),
      loginSet: client.outpost ? undefined : loginSetIn(request, this.config),
      authenticate: this.auth.tokenUserOf(request),
      client: { cookies: definedCookies(request), ...client },
      outpost: account,
      findLocation: () => this.geoLocator.findLocation(client.ip),
      journeyFacts: () => this.journeyFacts.read(request, client),
      localeFor: (caller) => localeFor(request, { ...caller, ...languagesIn(this.config.API_VERSION, outer, query) }),
      knownBrowserOf: (user) =>
        user.kind === 'saved' ? this.knownBrowsers.idFor(request.cookies[KNOWN_BROWSER_COOKIE], user) : undefined,
      isKnownDevice: (user, stage) => this.knownBrowsers.isDevice(request.cookies[DEVICE_COOKIE], { ...user, stage }),
      checkAnonymousRate: () => this.rateLimiter.admit(client.ip, reply),
      checkNewSessionRate: () => this.newSessions.admit(client),
    };
  }
}

const definedCookies = ({ cookies }: FastifyRequest) =>
  Object.fromEntries(Object.entries(cookies).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
