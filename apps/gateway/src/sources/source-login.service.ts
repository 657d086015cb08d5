import { randomBytes } from 'node:crypto';
import {
  isLocalPath,
  type Message,
  OAUTH_SOURCE,
  Problem,
  type PublishedSource,
  type SourceCompleteRequest,
  sentence,
} from '@gatehouse/contracts';
import { UNKNOWN_ERROR } from '@gatehouse/executor';
import type { FlowService } from '../flows/flow.service.js';
import type { AuthService, Principal } from '../http/auth/auth.service.js';
import type { RecentLogins } from '../http/auth/recent-logins.js';
import type { ClientResolver } from '../http/client-info.js';
import type { HttpExchange } from '../http/exchange.js';
import type { SessionCookies } from '../http/session.cookie.js';
import type { SourceBook } from './source-book.js';
import {
  refusalFor,
  type SourceFlowManager,
  type SourceLoginContext,
  type SourceRefusal,
} from './source-flow.manager.js';
import type { SourceLogins } from './source-logins.js';
import type { Providers } from './source-providers.js';

/** Bytes of a state: nobody guesses them. */
const STATE_BYTES = 32;

const NO_STATE = sentence('Authentication failed: State check failed.');

/** Where somebody goes on, or why they do not. */
export type SourceLoginResult = { readonly to: string } | { readonly turned: SourceRefusal };

interface Parts {
  readonly book: SourceBook;
  readonly logins: SourceLogins;
  readonly providers: Providers;
  readonly arrivals: SourceFlowManager;
  readonly door: FlowService;
  readonly principals: AuthService;
  readonly clients: ClientResolver;
  readonly recent: RecentLogins;
  readonly cookies: SessionCookies;
  readonly baseUrl: string;
}

/** Sends people to sources, and receives them when they are back. */
export class SourceLoginService {
  constructor(private readonly parts: Parts) {}

  /** Who is logged in by their session; a token is no browser. Strangers are counted. */
  async visitorOf(exchange: HttpExchange): Promise<Principal | undefined> {
    const principal = await this.parts.principals.find(exchange);
    return principal?.byToken ? undefined : principal;
  }

  /** Throws not_found for a source that is not there, or is switched off: that counts at once, for whoever is under way too. */
  async load(slug: string, model: PublishedSource['model'] = OAUTH_SOURCE): Promise<PublishedSource> {
    const source = await this.parts.book.find(slug);
    if (source?.model !== model) throw new Problem('not_found');
    if (!source.enabled)
      throw new Problem('not_found', { detail: sentence('The source {name} is not enabled.', { name: source.name }) });
    return source;
  }

  /** Begins a login at a provider. */
  async begin(exchange: HttpExchange, source: PublishedSource): Promise<SourceLoginResult> {
    const state = randomBytes(STATE_BYTES).toString('base64url');
    const begun = await this.parts.providers.begin({ source, redirect_uri: this.redirectUri(source), state });
    if ('refused' in begun) return { turned: refusalFrom(begun.refused) };
    const login = { source: source.uuid, kept: begun.kept, query: queryOf(exchange) };
    const { cookies, logins, clients } = this.parts;
    const key = await logins.open(state, login, await cookies.keyOf(exchange.request));
    if (key) cookies.set(exchange, key.cookie, await clients.of(exchange.request));
    return { to: begun.to };
  }

  /** Receives somebody whom a provider sends back, if they set out from here, in this session, for this source. */
  async complete(
    exchange: HttpExchange,
    source: PublishedSource,
    answer: Readonly<Record<string, string>>,
  ): Promise<SourceLoginResult> {
    const { state = '' } = answer;
    const login = await this.parts.logins.take(state, await this.parts.cookies.keyOf(exchange.request));
    if (login?.source !== source.uuid) return { turned: { status: 200, why: NO_STATE } };
    const { kept, query } = login;
    const proof = { redirect_uri: this.redirectUri(source), state, kept, answer: { ...answer } };
    return this.receive(exchange, { source, proof, query });
  }

  /** Receives whoever brings a proof of who they are at a source. */
  async receive(
    exchange: HttpExchange,
    { source, proof, query }: Pick<SourceCompleteRequest, 'source' | 'proof'> & Pick<SourceLoginContext, 'query'>,
  ): Promise<SourceLoginResult> {
    const completed = await this.parts.providers.complete({ source, proof });
    if ('refused' in completed) return { turned: refusalFrom(completed.refused) };
    const visitor = await this.visitorOf(exchange);
    const recent = visitor !== undefined && (await this.parts.recent.covers(visitor));
    const { ip: clientIp } = await this.parts.clients.of(exchange.request);
    const sessionKey = await this.parts.cookies.keyOf(exchange.request);
    const session = { sessionKey, visitor: visitor?.user, recent, clientIp };
    const arrived = await this.parts.arrivals.receive({ source, identity: completed.identity, query, ...session });
    if ('to' in arrived && arrived.cookie)
      this.parts.cookies.set(exchange, arrived.cookie, await this.parts.clients.of(exchange.request));
    if (!('begin' in arrived)) return arrived;
    const { begin: slug, beginning } = arrived;
    // What the provider sent along is no part of the flow's address.
    return this.parts.door.begin(exchange, { slug, query, outer: {} }, beginning).then(
      () => ({ to: pageOf(slug, query) }),
      (error: unknown) => ({ turned: refusalFor(error) }),
    );
  }

  /** Connects the logged-in user with their account at a source. Throws `proof_required` without a recent login. */
  async connect(
    exchange: HttpExchange,
    { source, proof, principal }: Pick<SourceCompleteRequest, 'source' | 'proof'> & { readonly principal: Principal },
  ): Promise<SourceLoginResult> {
    await this.parts.recent.require(principal);
    const completed = await this.parts.providers.complete({ source, proof });
    if ('refused' in completed) return { turned: refusalFrom(completed.refused) };
    const { ip: clientIp } = await this.parts.clients.of(exchange.request);
    return this.parts.arrivals.connect({ source, identity: completed.identity, clientIp }, principal.user);
  }

  private redirectUri = ({ slug }: PublishedSource) =>
    `${this.parts.baseUrl.replace(/\/$/, '')}/source/oauth/callback/${slug}/`;
}

/** What the service says is of the provider, or a sentence of the house. */
const refusalFrom = (message: Message): SourceRefusal => ({
  status: 200,
  why: 'text' in message ? { text: message.text, params: message.params ?? {} } : UNKNOWN_ERROR,
});

/** Where somebody wants to go, and nothing else: what else there is in the address is for nobody. */
function queryOf({ request }: HttpExchange): Record<string, string> {
  const { next } = request.query as { next?: unknown };
  return typeof next === 'string' && isLocalPath(next) ? { next } : {};
}

const pageOf = (slug: string, query: Readonly<Record<string, string>>) => {
  const text = new URLSearchParams(query).toString();
  return `/if/flow/${slug}/${text && `?${text}`}`;
};
