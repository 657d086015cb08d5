import { SessionBindingChecker } from '@gatehouse/executor';
import type { ProxyApplication } from '@gatehouse/plan';
import { Logger, packageVersion } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApplicationAccess } from '../applications/application-access.service.js';
import { TokenSigner } from '../applications/token.signer.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { clientIp } from '../http/client-ip.js';
import { userUid } from '../http/identifiers.js';
import { localeFor } from '../http/locale.js';
import { AnonymousRateLimiter } from '../http/rate-limits/anonymous-rate-limiter.js';
import { loginClaims, type SessionLogin } from '../sessions/session-authentication.js';
import { SocketHub } from '../sockets/socket.hub.js';
import { socketChannel } from '../sockets/socket-channel.js';
import { checks, verdicts } from './forward-auth.metrics.js';
import { ForwardAuthRepository, type ForwardSession } from './forward-auth.repository.js';
import { ForwardCookieSigner } from './forward-cookie.signer.js';
import { cookieNamesAt, cookieValue, digestOf } from './forward-cookies.js';
import { bytesOf, identityHeaders } from './identity.headers.js';
import { type Cacheable, VerdictCache } from './verdict-cache.js';

/** Whether a request may reach a site. */
export type Verdict =
  | { readonly outcome: 'unknown_site' }
  | { readonly outcome: 'anonymous' | 'refused' | 'oversized'; readonly site: ProxyApplication }
  | {
      readonly outcome: 'passed';
      readonly headers: Readonly<Record<string, string>>;
      /** The login of the user. Each check has its own requirement for it. */
      readonly login: SessionLogin;
    };

/** A request to a site. */
interface CheckedRequest {
  readonly origin: string;
  readonly request: FastifyRequest;
  readonly cookieHash: Buffer | undefined;
  readonly ip: string;
}

const VERSION = packageVersion();

/** Checks requests to sites by the cookie of the site (docs/spec/forward-auth.md#checks). */
@Injectable()
export class ForwardCheckService {
  private readonly cache: VerdictCache<Verdict>;

  constructor(
    @Inject(ForwardAuthRepository) private readonly repository: ForwardAuthRepository,
    @Inject(ApplicationAccess) private readonly access: ApplicationAccess,
    @Inject(SessionBindingChecker) private readonly bindings: SessionBindingChecker,
    @Inject(TokenSigner) private readonly signer: TokenSigner,
    @Inject(ForwardCookieSigner) private readonly cookies: ForwardCookieSigner,
    @Inject(AnonymousRateLimiter) private readonly rateLimiter: AnonymousRateLimiter,
    @Inject(SocketHub) sockets: Pick<SocketHub, 'listenToClosing'>,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
    @Inject(Logger) private readonly logger: Logger,
  ) {
    const { FORWARD_AUTH_CACHE_MS: lifetimeMs, FORWARD_AUTH_CACHE_ENTRIES: maxEntries } = config;
    this.cache = new VerdictCache({ lifetimeMs, maxEntries });
    // Another gateway may replace or end a session key too. It then broadcasts this on the bus.
    sockets.listenToClosing((channel) => this.cache.drop(channelLabel(channel)));
  }

  /**
   * Returns the verdict about a request to the site at an origin. A cookie that is not valid, and an unknown site, count
   * towards the anonymous rate limit. Throws `rate_limited`, `policy_away` and `bus_down`.
   */
  async check(origin: string, request: FastifyRequest, reply: FastifyReply): Promise<Verdict> {
    const cookie = cookieValue(request.headers.cookie, cookieNamesAt(origin).session);
    // A cookie that Gatehouse has not issued counts as no cookie, and costs no database statement.
    const cookieHash = cookie !== undefined && this.cookies.isIssued(origin, cookie) ? digestOf(cookie) : undefined;
    const ip = clientIp(request);
    const key = cookieHash ? `${origin} ${cookieHash.toString('base64')} ${ip}` : origin;
    const cached = this.cache.peek(key);
    const verdict = cached ?? (await this.cache.get(key, () => this.load({ origin, request, cookieHash, ip })));
    checks.inc({ outcome: verdict.outcome, cached: cached ? 'yes' : 'no' });
    verdicts.set({}, this.cache.size);
    const isCounted = verdict.outcome === 'unknown_site' || (cookie !== undefined && verdict.outcome === 'anonymous');
    if (isCounted) this.rateLimiter.admit(ip, reply);
    return verdict;
  }

  /** Drops the verdicts about a user in this process. */
  dropUser(uuid: string): void {
    this.cache.drop(userLabel(uuid));
  }

  private async load(checked: CheckedRequest): Promise<Cacheable<Verdict>> {
    const found = await this.repository.find(checked.origin, checked.cookieHash);
    if (!found || this.isLoginHost(checked.origin)) return { value: { outcome: 'unknown_site' }, labels: undefined };
    const { site, session } = found;
    const isValid = session && (await this.isWithinBinding(session, checked));
    // Clients can make up cookies and hosts, which must not push verdicts out of the cache.
    if (!isValid) return { value: { outcome: 'anonymous', site }, labels: checked.cookieHash ? undefined : [] };
    const labels = [...session.sessionKeys, checked.cookieHash!].map((key) => channelLabel(socketChannel(key)));
    return { value: await this.judge(site, session, checked), labels: [...labels, userLabel(session.user.uuid)] };
  }

  /**
   * Returns whether a site has the host of the login. Such a site would get the session cookie, because cookies ignore
   * the port.
   */
  private isLoginHost(origin: string): boolean {
    return new URL(origin).hostname === new URL(this.config.BASE_URL).hostname;
  }

  private async isWithinBinding(session: ForwardSession, { ip, request }: CheckedRequest): Promise<boolean> {
    if (!session.isBound || session.lastIp === ip) return true;
    const { sessionId: id, lastIp, user } = session;
    const client = { ip, user_agent: request.headers['user-agent'] ?? '' };
    const identity = { ...user, is_superuser: false, debug: false };
    const isWithin = await this.bindings.check({ id, lastIp, user: identity }, { client, requestId: request.id });
    // A client outside of the session's binding ends the session, so cached verdicts for its other addresses are wrong
    // too.
    if (!isWithin) this.dropUser(user.uuid);
    return isWithin;
  }

  private async judge(site: ProxyApplication, session: ForwardSession, checked: CheckedRequest): Promise<Verdict> {
    const { ip, request } = checked;
    const { user } = session;
    // Judges by the enforced bindings only. Shadow bindings are evaluated once, when the cookie of the site is issued,
    // and not for each request.
    const { mode, bindings } = site.access;
    const enforced = { ...site, access: { mode, bindings } };
    const { pass } = await this.access.judge(enforced, {
      ...{ user, groups: new Set(user.group_ids), requestId: request.id, brand: this.config.BRAND },
      client: { ip, user_agent: request.headers['user-agent'] ?? '', outpost: false },
      locale: localeFor(request, { user }),
    });
    if (!pass) return { outcome: 'refused', site };
    const headers = await this.headersOf(site, session);
    const bytes = bytesOf(headers);
    if (bytes <= this.config.FORWARD_AUTH_IDENTITY_BYTES) return { outcome: 'passed', headers, login: session.login };
    // Refuses the request instead of leaving out groups. Without a group, the user could pass an application that
    // denies access to this group.
    const subject = { user: user.uuid, application: site.application.slug };
    this.logger.event('forward_identity_too_large', { ...subject, header_bytes: bytes });
    return { outcome: 'oversized', site };
  }

  private async headersOf(site: ProxyApplication, { user, login }: ForwardSession) {
    const issuer = new URL(`/application/o/${site.application.slug}/`, this.config.BASE_URL).href;
    const uid = userUid(user, this.config);
    const { email, name, username } = user;
    const claims = {
      ...{ email, name, preferred_username: username, groups: user.groups.map((group) => group.name) },
      ...loginClaims(login, {}, Date.now() / 1000),
    };
    const header = { issuer, audience: site.origin, subject: uid, lifetimeS: this.config.FORWARD_AUTH_TOKEN_S };
    const token = await this.signer.sign(claims, header);
    return identityHeaders(user, { site, uid, token, jwksUrl: `${issuer}jwks/`, version: VERSION });
  }
}

const channelLabel = (channel: string) => `channel ${channel}`;
const userLabel = (uuid: string) => `user ${uuid}`;
