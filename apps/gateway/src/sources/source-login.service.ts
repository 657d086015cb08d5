import { randomBytes } from 'node:crypto';
import {
  isLocalPath,
  type Message,
  OAUTH_SOURCE,
  Problem,
  type PublishedSource,
  type Sentence,
  type SourceCompleteRequest,
  sentence,
} from '@gatehouse/contracts';
import { UNKNOWN_ERROR } from '@gatehouse/executor';
import { Inject, Injectable } from '@nestjs/common';
import { FlowService } from '../flows/flow.service.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { AuthService, type Principal } from '../http/auth/auth.service.js';
import { RecentLoginService } from '../http/auth/recent-login.service.js';
import { ClientResolver } from '../http/client.resolver.js';
import { EventFactsReader } from '../http/event-facts.reader.js';
import type { HttpExchange } from '../http/exchange.js';
import { translatorFor } from '../http/locale.js';
import { rejectLongQuery, withQuery } from '../http/query.js';
import { NewSessionRateLimiter } from '../http/rate-limits/new-session-rate-limiter.js';
import { SessionCookieService } from '../http/session-cookie.service.js';
import { SessionMessenger } from '../sockets/session-messenger.js';
import { PendingSourceLoginRepository } from './pending-source-login.repository.js';
import { SourceRepository } from './source.repository.js';
import { refusalFor, SourceFlowManager, type SourceLoginContext, type SourceRefusal } from './source-flow.manager.js';
import { SourceProviderClient } from './source-provider.client.js';

/** Number of random bytes of an OAuth `state`. */
const STATE_BYTES = 32;

const NO_STATE = sentence('Authentication failed: State check failed.');

/**
 * The URL at which the browser continues, or the refusal. `query` is the query of the refused login, for another try.
 */
export type SourceLoginResult =
  | { readonly to: string }
  | { readonly refused: SourceRefusal; readonly query?: SourceLoginContext['query'] };

/** Starts logins at sources, and completes them when the provider redirects the browser back. */
@Injectable()
export class SourceLoginService {
  constructor(
    @Inject(SourceRepository) private readonly sources: SourceRepository,
    @Inject(PendingSourceLoginRepository) private readonly logins: PendingSourceLoginRepository,
    @Inject(SourceProviderClient) private readonly providers: SourceProviderClient,
    @Inject(SourceFlowManager) private readonly flowManager: SourceFlowManager,
    @Inject(FlowService) private readonly flowService: FlowService,
    @Inject(AuthService) private readonly auth: AuthService,
    @Inject(ClientResolver) private readonly clients: ClientResolver,
    @Inject(EventFactsReader) private readonly eventFacts: EventFactsReader,
    @Inject(RecentLoginService) private readonly recentLogins: RecentLoginService,
    @Inject(SessionCookieService) private readonly cookies: SessionCookieService,
    @Inject(SessionMessenger) private readonly messenger: SessionMessenger,
    @Inject(NewSessionRateLimiter) private readonly newSessions: NewSessionRateLimiter,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  /**
   * Returns an enabled source. Throws `not_found` if the source does not exist or is disabled, even if a login has
   * already begun.
   */
  async load(slug: string, model: PublishedSource['model'] = OAUTH_SOURCE): Promise<PublishedSource> {
    const source = await this.sources.find(slug);
    if (source?.model !== model) throw new Problem('not_found');
    if (!source.enabled)
      throw new Problem('not_found', { detail: sentence('The source {name} is not enabled.', { name: source.name }) });
    return source;
  }

  /** Starts a login at a provider. Throws `query_too_long` or `rate_limited`. */
  async begin(exchange: HttpExchange, source: PublishedSource): Promise<SourceLoginResult> {
    const query = destinationIn(exchange);
    rejectLongQuery(query, this.config.QUERY_LIMIT_BYTES);
    const state = randomBytes(STATE_BYTES).toString('base64url');
    const begun = await this.providers.begin({ source, redirect_uri: this.redirectUri(source), state });
    if ('refused' in begun) return { refused: refusalFrom(begun.refused), query };
    const login = { source: source.uuid, kept: begun.kept, query };
    const client = await this.clients.resolve(exchange.request);
    const key = await this.logins.open(state, login, {
      sessionKey: await this.cookies.keyOf(exchange.request),
      checkNewSessionRate: () => this.newSessions.admit(client),
    });
    if (key) this.cookies.set(exchange, key.cookie, client);
    return { to: begun.to };
  }

  /** Completes a login that was started at this source in this session. */
  async complete(
    exchange: HttpExchange,
    source: PublishedSource,
    answer: Readonly<Record<string, string>>,
  ): Promise<SourceLoginResult> {
    const { state = '' } = answer;
    const login = await this.logins.take(state, await this.cookies.keyOf(exchange.request));
    if (login?.source !== source.uuid) return { refused: { status: 200, why: NO_STATE } };
    const { kept, query } = login;
    const proof = { redirect_uri: this.redirectUri(source), state, kept, answer: { ...answer } };
    return { ...(await this.receive(exchange, { source, proof, query })), query };
  }

  /**
   * Exchanges `proof`, an authorization code or a Plex token, for the identity at the provider, and starts or continues
   * the flow for this identity.
   */
  async receive(
    exchange: HttpExchange,
    { source, proof, query }: Pick<SourceCompleteRequest, 'source' | 'proof'> & Pick<SourceLoginContext, 'query'>,
  ): Promise<SourceLoginResult> {
    const completed = await this.providers.complete({ source, proof });
    if ('refused' in completed) return { refused: refusalFrom(completed.refused) };
    const session = await this.sessionOf(exchange);
    const result = await this.flowManager.receive({ source, identity: completed.identity, query, ...session });
    if ('to' in result && result.toast) this.sendToast(exchange, session, result.toast);
    if ('to' in result && result.cookie)
      this.cookies.set(exchange, result.cookie, await this.clients.resolve(exchange.request));
    if (!('begin' in result)) return result;
    const { begin: slug, beginning } = result;
    // `outer` is empty, because the query of this request comes from the provider and is not the query of the flow.
    return this.flowService.begin(exchange, { slug, query, outer: {} }, beginning).then(
      () => ({ to: withQuery(`/if/flow/${slug}/`, query) }),
      (error: unknown) => ({ refused: refusalFor(error) }),
    );
  }

  /** Connects the logged-in user with their account at a source. Throws `proof_required` without a recent login. */
  async connect(
    exchange: HttpExchange,
    { source, proof, principal }: Pick<SourceCompleteRequest, 'source' | 'proof'> & { readonly principal: Principal },
  ): Promise<SourceLoginResult> {
    await this.recentLogins.require(principal);
    const completed = await this.providers.complete({ source, proof });
    if ('refused' in completed) return { refused: refusalFrom(completed.refused) };
    const facts = await this.eventFacts.read(exchange.request, principal);
    return this.flowManager.connect({ source, identity: completed.identity, facts }, principal.user);
  }

  /**
   * Returns the session key, the logged-in user, whether the login is recent, and the facts for audit events.
   * Authenticates again, because the session may have ended while the provider was asked.
   */
  private async sessionOf(exchange: HttpExchange) {
    const principal = sessionPrincipal(await this.auth.find(exchange));
    const recent = principal !== undefined && (await this.recentLogins.covers(principal));
    const facts = await this.eventFacts.read(exchange.request, principal);
    const sessionKey = await this.cookies.keyOf(exchange.request);
    return { sessionKey, visitor: principal?.user, recent, facts };
  }

  private sendToast(
    { request }: HttpExchange,
    { sessionKey, visitor: user }: Pick<SourceLoginContext, 'sessionKey' | 'visitor'>,
    { text, params }: Sentence,
  ): void {
    this.messenger.send(sessionKey, [{ level: 'success', text: translatorFor(request, { user })(text, params) }]);
  }

  private redirectUri = ({ slug }: PublishedSource) =>
    `${this.config.BASE_URL.replace(/\/$/, '')}/source/oauth/callback/${slug}/`;
}

/**
 * Returns the principal of a session, and undefined for an API token: logins at sources belong to a browser, so a token
 * counts as anonymous.
 */
export const sessionPrincipal = (principal: Principal | undefined): Principal | undefined =>
  principal?.byToken ? undefined : principal;

/** Returns the provider's message, or a default for a message without a text. */
const refusalFrom = (message: Message): SourceRefusal => ({
  status: 200,
  why: 'text' in message ? { text: message.text, params: message.params ?? {} } : UNKNOWN_ERROR,
});

/** Returns the `next` of a query if it is a path of this site. Leaves out all other parameters. */
function destinationIn({ request }: HttpExchange): Record<string, string> {
  const { next } = request.query as { next?: unknown };
  return typeof next === 'string' && isLocalPath(next) ? { next } : {};
}
