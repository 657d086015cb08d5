import { Problem, sentence } from '@gatehouse/contracts';
import { randomToken } from '@gatehouse/executor';
import type { ProxyApplication } from '@gatehouse/plan';
import { Logger } from '@gatehouse/platform';
import { All, Controller, Get, Inject, Query, Req, Res, UseGuards } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { Public } from '../http/auth/auth.guard.js';
import { clientIp } from '../http/client-ip.js';
import { localeFor, translatorFor } from '../http/locale.js';
import { lastValue } from '../http/query.js';
import { AnonymousRateLimitGuard } from '../http/rate-limits/anonymous-rate-limiter.js';
import { FILE_ROUTE } from '../http/routing.hooks.js';
import { requirementQuery } from '../sessions/step-up.js';
import { SessionMessenger } from '../sockets/session-messenger.js';
import { siteLogins } from './forward-auth.metrics.js';
import { ForwardAuthRepository } from './forward-auth.repository.js';
import { ForwardCookieSigner } from './forward-cookie.signer.js';
import { cookieNamesAt, cookieValue, digestOf, forwardCookieAttributes } from './forward-cookies.js';
import {
  type AddressLimits,
  addressLimit,
  decodeAddress,
  destinationAt,
  encodeAddress,
  FORWARD_PATH,
  startQueryOf,
} from './forward-destination.js';
import { ForwardRefusalLog } from './forward-refusal.log.js';
import { originOf, requireTrustedProxy } from './forwarded-request.js';
import { visitorRequirement } from './login-requirement.js';
import { sendSitePage } from './site.page.js';

const NONCE_LENGTH = 43;
/** Texts of the page for a code that is not valid in this browser. */
const UNFINISHED = {
  title: sentence('The login could not be finished').text,
  text: sentence('It took too long, or it began in another browser.').text,
  link: sentence('Try the login again').text,
};

/**
 * The login of a site, on the host of the site. Gives the browser a nonce, and later the cookie of the site
 * (docs/spec/forward-auth.md#login).
 */
@Public()
@UseGuards(AnonymousRateLimitGuard)
@Controller(FORWARD_PATH)
export class ForwardLoginController {
  constructor(
    @Inject(ForwardAuthRepository) private readonly repository: ForwardAuthRepository,
    @Inject(ForwardCookieSigner) private readonly cookies: ForwardCookieSigner,
    @Inject(SessionMessenger) private readonly messenger: Pick<SessionMessenger, 'closeSockets'>,
    @Inject(Logger) private readonly logger: Pick<Logger, 'event'>,
    @Inject(ForwardRefusalLog) private readonly refusals: ForwardRefusalLog,
    @Inject(GATEWAY_CONFIG)
    private readonly config: AddressLimits & Pick<GatewayConfig, 'BASE_URL' | 'FORWARD_AUTH_LOGIN_S'>,
  ) {}

  /**
   * Redirects the browser to the login, with the hash of its nonce. A browser keeps its nonce for all its tabs. Also
   * passes on the login requirement.
   */
  @Get('start')
  @RouteConfig(FILE_ROUTE)
  async start(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const site = await this.siteOf(request);
    const { address, parameters } = startQueryOf(request.url);
    const { nonce: name } = cookieNamesAt(site.origin);
    const nonce = cookieValue(request.headers.cookie, name) ?? randomToken(NONCE_LENGTH);
    reply.setCookie(name, nonce, { ...forwardCookieAttributes(name), maxAge: this.config.FORWARD_AUTH_LOGIN_S });
    const destination = destinationAt(site.origin, address, addressLimit(this.config));
    const query = new URLSearchParams({
      application: site.application.slug,
      state: digestOf(nonce).toString('base64url'),
      ...requirementQuery(visitorRequirement(parameters)),
      rd: encodeAddress(destination),
    });
    return reply.redirect(this.loginUrl(`${FORWARD_PATH}/authorize?${query.toString()}`), 302);
  }

  /**
   * Sets the cookie of the site if the browser that began the login shows a valid code. Otherwise shows an error page.
   */
  @Get('callback')
  @RouteConfig(FILE_ROUTE)
  async callback(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Query() query: Record<string, unknown>) {
    const site = await this.siteOf(request);
    const names = cookieNamesAt(site.origin);
    const nonce = cookieValue(request.headers.cookie, names.nonce);
    const [code, encoded] = [lastValue(query['code']), lastValue(query['rd'])];
    const destination = destinationAt(site.origin, decodeAddress(encoded), addressLimit(this.config));
    const cookie = this.cookies.issue(site.origin);
    const isRedeemed =
      nonce !== undefined &&
      typeof code === 'string' &&
      (await this.repository.redeem({
        ...{ hash: digestOf(code), application: site.application.uuid, lifetimeS: site.session_lifetime_s },
        ...{ nonceHash: digestOf(nonce), destinationHash: digestOf(destination), cookieHash: digestOf(cookie) },
      }));
    siteLogins.inc({ outcome: isRedeemed ? 'begun' : 'invalid' });
    if (!isRedeemed) return this.showUnfinished(request, reply, destination);
    reply.setCookie(names.session, cookie, forwardCookieAttributes(names.session));
    return reply.redirect(destination, 302);
  }

  /** Ends the session at the site, and redirects to the page that logs the user out of Gatehouse. */
  @Get('sign_out')
  @RouteConfig(FILE_ROUTE)
  async signOut(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const site = await this.siteOf(request);
    const names = cookieNamesAt(site.origin);
    const cookie = cookieValue(request.headers.cookie, names.session);
    if (cookie !== undefined) {
      await this.repository.remove(digestOf(cookie), site.application.uuid);
      // Every gateway that gets this message drops its verdict about the cookie.
      this.messenger.closeSockets([digestOf(cookie)]);
    }
    for (const name of [names.session, names.nonce]) reply.clearCookie(name, forwardCookieAttributes(name));
    return reply.redirect(this.loginUrl('/flows/-/default/invalidation/'), 302);
  }

  @All('ping')
  @RouteConfig(FILE_ROUTE)
  ping(@Res() reply: FastifyReply) {
    return reply.status(204).send();
  }

  /** Returns the site at whose host the request arrived. Throws `forward_auth_invalid` and `not_found`. */
  private siteOf(request: FastifyRequest): Promise<ProxyApplication> {
    return this.refusals.watch(request, () => this.findSite(request));
  }

  private async findSite(request: FastifyRequest): Promise<ProxyApplication> {
    requireTrustedProxy(request);
    const origin = originOf(request);
    const found = origin === '' ? undefined : await this.repository.find(origin, undefined);
    const isLogin = found && new URL(origin).hostname === new URL(this.config.BASE_URL).hostname;
    if (!found || isLogin)
      throw new Problem('not_found', { detail: `No application has the external_host ${origin}.` });
    return found.site;
  }

  private showUnfinished(request: FastifyRequest, reply: FastifyReply, destination: string) {
    this.logger.event('forward_code_refused', { request_id: request.id, client_ip: clientIp(request) });
    const translate = translatorFor(request, {});
    return sendSitePage(reply, {
      ...{ status: 400, language: localeFor(request, {}) },
      ...{ title: translate(UNFINISHED.title), text: translate(UNFINISHED.text) },
      link: {
        href: `${FORWARD_PATH}/start?rd=${encodeURIComponent(destination)}`,
        text: translate(UNFINISHED.link),
      },
    });
  }

  private loginUrl(path: string): string {
    return new URL(path, this.config.BASE_URL).href;
  }
}
