import { Problem, sentence } from '@gatehouse/contracts';
import { BrandStore, randomToken, toSavedUser } from '@gatehouse/executor';
import { eventMessage, requestedEventMessage } from '@gatehouse/outbox';
import { type ProxyApplication, siteLaunchUrl } from '@gatehouse/plan';
import { translator } from '@gatehouse/texts';
import { Controller, Get, Inject, Query, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type AccessDecision, ApplicationAccess } from '../applications/application-access.service.js';
import { ApplicationLoginService } from '../flows/application-login.service.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { AllowAnonymous } from '../http/auth/auth.guard.js';
import type { Principal } from '../http/auth/auth.service.js';
import { ClientResolver } from '../http/client.resolver.js';
import { crossSiteOf } from '../http/cross-site-request.js';
import { EventFactsReader } from '../http/event-facts.reader.js';
import type { HttpExchange } from '../http/exchange.js';
import { localeFor, translatorFor } from '../http/locale.js';
import { AccessDeniedPage } from '../http/pages/access-denied.page.js';
import { lastValue } from '../http/query.js';
import { FILE_ROUTE } from '../http/routing.hooks.js';
import { SessionRepository } from '../sessions/session.repository.js';
import { type LoginRequirement, loginShortfall } from '../sessions/session-authentication.js';
import { loginPath, requirementQuery } from '../sessions/step-up.js';
import { siteLogins } from './forward-auth.metrics.js';
import { ForwardAuthRepository } from './forward-auth.repository.js';
import { ForwardCodeRateLimiter } from './forward-code.rate-limiter.js';
import { digestOf } from './forward-cookies.js';
import {
  type AddressLimits,
  addressLimit,
  decodeAddress,
  destinationAt,
  encodeAddress,
  FORWARD_PATH,
} from './forward-destination.js';
import { visitorRequirement } from './login-requirement.js';

const CODE_LENGTH = 43;
/** The form of the parameter `state`: a SHA-256 in base64url. */
const STATE = /^[\w-]{43}$/;
const DENIED = sentence('You may not use {name}.').text;
const TOO_WEAK = sentence('{name} asks for a stronger login. Set up an authenticator, then try again.').text;
/** Query parameter that marks a request after the login, to prevent redirect loops. It proves nothing. */
const ASKED = 'asked';

/** A logged-in user who wants to use a site. */
interface Authorization {
  readonly exchange: HttpExchange;
  readonly principal: Principal;
  readonly sessionId: string;
  readonly site: ProxyApplication;
  readonly nonceHash: Buffer;
  readonly destination: string;
}

/**
 * Gives a logged-in user a code for a site. Runs at the host of the login, because browsers send the session cookie
 * only there (docs/spec/forward-auth.md#login).
 */
@Controller(`${FORWARD_PATH}/authorize`)
export class ForwardAuthorizationController {
  constructor(
    @Inject(ForwardAuthRepository) private readonly repository: ForwardAuthRepository,
    @Inject(ApplicationAccess) private readonly access: ApplicationAccess,
    @Inject(ApplicationLoginService) private readonly logins: ApplicationLoginService,
    @Inject(SessionRepository) private readonly sessions: SessionRepository,
    @Inject(ForwardCodeRateLimiter) private readonly rateLimiter: ForwardCodeRateLimiter,
    @Inject(BrandStore) private readonly brands: BrandStore,
    @Inject(ClientResolver) private readonly clients: ClientResolver,
    @Inject(EventFactsReader) private readonly eventFacts: EventFactsReader,
    @Inject(AccessDeniedPage) private readonly deniedPage: AccessDeniedPage,
    @Inject(GATEWAY_CONFIG)
    private readonly config: AddressLimits & Pick<GatewayConfig, 'BASE_URL' | 'FORWARD_AUTH_CODE_S'>,
  ) {}

  /**
   * Redirects to the site with a code. Redirects anonymous visitors to the login and back here, and users whose login
   * does not meet the requirement to the brand's step-up flow. Shows the page of a denial, with status 403, to users
   * who may not use the application. Throws `not_found` at any host other than the login's, and for an unknown
   * application, `forward_auth_invalid` without the hash of a nonce, and `proof_required` for an API token, because the
   * cookie of the site would outlive the token.
   */
  @Get('')
  @AllowAnonymous()
  @RouteConfig(FILE_ROUTE)
  async authorize(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Query() query: Record<string, unknown>) {
    const site = await this.siteOf(request, lastValue(query['application']));
    const state = lastValue(query['state']);
    if (typeof state !== 'string' || !STATE.test(state))
      throw new Problem('forward_auth_invalid', { detail: 'The state is missing or invalid. Open the site again.' });
    const { principal } = request;
    const requirement = visitorRequirement(query);
    if (!principal) return this.logIn({ request, reply }, { request, site, requirement });
    if (principal.byToken || principal.sessionId === undefined) throw new Problem('proof_required');
    const { sessionId, user } = principal;
    const login = await this.sessions.findLogin(sessionId, user.uuid);
    const shortfall = login && loginShortfall(login, requirement, Date.now() / 1000);
    if (shortfall && query[ASKED] !== undefined) return this.showTooWeak({ request, reply }, principal, site);
    if (shortfall) return reply.redirect(await this.stepUpUrl({ request, site, requirement }), 302);
    return this.decide({
      ...{ exchange: { request, reply }, principal, sessionId, site },
      nonceHash: Buffer.from(state, 'base64url'),
      destination: destinationAt(site.origin, decodeAddress(lastValue(query['rd'])), addressLimit(this.config)),
    });
  }

  /** Redirects to the login, whose plan gets the application as a fact. */
  private async logIn(exchange: HttpExchange, asked: AskedLogin) {
    const { site } = asked;
    const application = { ...site.application, launch_url: siteLaunchUrl(site) };
    const visit = {
      application,
      slug: site.login_flow,
      query: loginQuery(asked),
      crossSite: crossSiteOf(asked.request),
    };
    return exchange.reply.redirect(await this.logins.begin(exchange, visit), 302);
  }

  /** Returns the address of the flow in which the user gives the missing proofs. */
  private async stepUpUrl(asked: AskedLogin): Promise<string> {
    const { step_up_flow: stepUp } = await this.brands.find(asked.request.host);
    const slug = asked.requirement.again ? undefined : stepUp;
    return `${loginPath(slug ?? asked.site.login_flow)}?${new URLSearchParams(loginQuery(asked)).toString()}`;
  }

  /** Shows a page to a user who returns from the login without the proofs that the site requires. */
  private async showTooWeak(exchange: HttpExchange, { user }: Principal, site: ProxyApplication) {
    const brand = await this.brands.find(exchange.request.host);
    const message = translatorFor(exchange.request, { user, brand })(TOO_WEAK, { name: site.application.name });
    exchange.reply.status(403);
    const retryUrl = `${site.origin}${FORWARD_PATH}/start`;
    return this.deniedPage.send(exchange, { user, brand, message, retryUrl });
  }

  private async siteOf(request: FastifyRequest, slug: unknown): Promise<ProxyApplication> {
    const { hostname } = new URL(this.config.BASE_URL);
    if (request.hostname !== hostname)
      throw new Problem('not_found', { detail: `Only ${hostname} answers here, the host of BASE_URL.` });
    const site = typeof slug === 'string' ? await this.repository.findBySlug(slug) : undefined;
    if (!site || new URL(site.origin).hostname === hostname) throw new Problem('not_found');
    return site;
  }

  private async decide(authorization: Authorization) {
    const { exchange, principal, sessionId, site } = authorization;
    this.rateLimiter.admit(sessionId);
    const brand = await this.brands.find(exchange.request.host);
    const { user } = principal;
    const locale = localeFor(exchange.request, { user, brand });
    const client = await this.clients.resolve(exchange.request);
    const subject = { user, client, locale, requestId: exchange.request.id, brand: brand.title };
    const decision = await this.access.judge(site, subject);
    siteLogins.inc({ outcome: decision.pass ? 'code' : 'refused' });
    if (decision.pass) return this.giveCode(authorization, decision);
    await this.repository.recordEvents(await this.messagesOf(authorization, decision));
    const reason = decision.messages.join('\n') || translator(locale)(DENIED, { name: site.application.name });
    exchange.reply.status(403);
    return this.deniedPage.send(exchange, { user, brand, message: reason, retryUrl: exchange.request.url });
  }

  private async giveCode(authorization: Authorization, decision: AccessDecision) {
    const { exchange, principal, sessionId, site, nonceHash, destination } = authorization;
    const code = randomToken(CODE_LENGTH);
    const isCreated = await this.repository.createCode(
      {
        ...{
          hash: digestOf(code),
          sessionId,
          user: principal.user.uuid,
          application: site.application.uuid,
          nonceHash,
        },
        ...{ destinationHash: digestOf(destination), lifetimeS: this.config.FORWARD_AUTH_CODE_S },
      },
      await this.messagesOf(authorization, decision),
    );
    // The user has logged out meanwhile.
    if (!isCreated) return this.logIn(exchange, { request: exchange.request, site, requirement: {} });
    const query = new URLSearchParams({ code, rd: encodeAddress(destination) });
    return exchange.reply.redirect(`${site.origin}${FORWARD_PATH}/callback?${query.toString()}`, 302);
  }

  /** Returns the audit events of the policies and of the authorization, as outbox messages. */
  private async messagesOf({ exchange, principal, site }: Authorization, { pass, events }: AccessDecision) {
    const facts = { ...(await this.eventFacts.read(exchange.request, principal)), user: toSavedUser(principal.user) };
    const context = { authorized_application: site.application.slug, scopes: '' };
    return [
      ...events.map((event) => requestedEventMessage(event, facts)),
      ...(pass ? [eventMessage({ action: 'authorize_application', context }, facts)] : []),
    ];
  }
}

/** A request that needs another login, and the requirement for that login. */
interface AskedLogin {
  readonly request: FastifyRequest;
  readonly site: ProxyApplication;
  readonly requirement: LoginRequirement;
}

/**
 * Returns the query of the login flow, with this request as its destination. Removes the demand for a new login, so
 * that the user is not asked for another login after this one.
 */
function loginQuery({ request, requirement }: AskedLogin): Record<string, string> {
  const [path, search = ''] = request.url.split('?');
  const next = new URLSearchParams(search);
  next.delete('prompt');
  if (request.principal) next.set(ASKED, '1');
  const isAsked = request.principal !== undefined || next.toString() !== search;
  return { next: isAsked ? `${path}?${next.toString()}` : request.url, ...requirementQuery(requirement) };
}
