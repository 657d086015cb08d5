import { Problem, problems, sentence } from '@gatehouse/contracts';
import { All, Controller, Inject, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { Public } from '../http/auth/auth.guard.js';
import { localeFor, translatorFor } from '../http/locale.js';
import { presentProblem } from '../http/problem.presenter.js';
import { FILE_ROUTE } from '../http/routing.hooks.js';
import { type LoginRequirement, loginShortfall } from '../sessions/session-authentication.js';
import { requirementQuery } from '../sessions/step-up.js';
import { ForwardCheckService, type Verdict } from './forward-check.service.js';
import { withoutOwnCookies } from './forward-cookies.js';
import {
  type AddressLimits,
  addressLimit,
  destinationAt,
  FORWARD_PATH,
  parseSiteAddress,
  type SiteAddress,
} from './forward-destination.js';
import { ForwardRefusalLog } from './forward-refusal.log.js';
import { forwardedAddress, type ProxyKind, requireTrustedProxy } from './forwarded-request.js';
import { checkRequirement, stepUpChallenge } from './login-requirement.js';
import { sendSitePage } from './site.page.js';

/** Texts of the page for a user who may not use an application. */
const DENIED = {
  title: sentence('Access denied.').text,
  text: sentence('You may not use {name}.').text,
  link: sentence('Log in as another user').text,
};

/** The request to a site that a proxy checks, and the login requirement for it. */
interface Checked {
  readonly kind: ProxyKind;
  readonly address: SiteAddress;
  readonly requirement: LoginRequirement;
}

/**
 * Answers the checks of reverse proxies, whatever their HTTP method (docs/spec/forward-auth.md#checks). Only the cookie
 * of the site authenticates a check.
 */
@Public()
@Controller(`${FORWARD_PATH}/auth`)
export class ForwardAuthController {
  constructor(
    @Inject(ForwardCheckService) private readonly checks: ForwardCheckService,
    @Inject(ForwardRefusalLog) private readonly refusals: ForwardRefusalLog,
    @Inject(GATEWAY_CONFIG) private readonly config: AddressLimits & Pick<GatewayConfig, 'BASE_URL'>,
  ) {}

  @All('nginx')
  @RouteConfig(FILE_ROUTE)
  nginx(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.answer('nginx', request, reply);
  }

  @All('traefik')
  @RouteConfig(FILE_ROUTE)
  traefik(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.answer('traefik', request, reply);
  }

  @All('caddy')
  @RouteConfig(FILE_ROUTE)
  caddy(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.answer('caddy', request, reply);
  }

  @All(['envoy', 'envoy/*'])
  @RouteConfig(FILE_ROUTE)
  envoy(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.answer('envoy', request, reply);
  }

  private answer(kind: ProxyKind, request: FastifyRequest, reply: FastifyReply) {
    return this.refusals.watch(request, () => this.judge(kind, request, reply));
  }

  private async judge(kind: ProxyKind, request: FastifyRequest, reply: FastifyReply) {
    requireTrustedProxy(request);
    const address = forwardedAddress(kind, request);
    const requirement = checkRequirement(kind, request);
    const verdict = await this.checks.check(address.origin, request, reply);
    switch (verdict.outcome) {
      case 'passed':
        if (loginShortfall(verdict.login, requirement, Date.now() / 1000))
          return this.sendToLogin({ kind, address, requirement }, reply.header(...stepUpChallenge(requirement)));
        return reply.headers({ ...verdict.headers, cookie: this.cookiesFor(address, request) }).send();
      case 'anonymous':
        return this.sendToLogin({ kind, address, requirement }, reply);
      case 'refused':
      case 'oversized':
        return refuse(request, reply, verdict);
      case 'unknown_site':
        throw new Problem('not_found', { detail: `No application has the external_host ${address.origin}.` });
    }
  }

  /** Returns the `Cookie` header for the application. */
  private cookiesFor({ origin }: SiteAddress, { headers, hostname }: FastifyRequest): string {
    // `hostname` comes from X-Forwarded-Host. Some proxies forward an X-Forwarded-Host that a script has set. A script
    // cannot set Host.
    const host = parseSiteAddress(`http://${headers.host}`);
    const isAtLogin = host !== undefined && new URL(host.origin).hostname === new URL(this.config.BASE_URL).hostname;
    return withoutOwnCookies(headers.cookie, { isAtSite: !isAtLogin && new URL(origin).hostname === hostname });
  }

  private sendToLogin({ kind, address, requirement }: Checked, reply: FastifyReply) {
    // nginx forwards only the statuses 401 and 403. Its configuration redirects to the address in `Location`.
    return reply
      .status(kind === 'nginx' ? 401 : 302)
      .header('location', this.startUrl(address, requirement))
      .send();
  }

  private startUrl({ origin, rest }: SiteAddress, requirement: LoginRequirement): string {
    const destination = destinationAt(origin, `${origin}${rest}`, addressLimit(this.config));
    const search = new URLSearchParams(requirementQuery(requirement)).toString();
    return `${origin}${FORWARD_PATH}/start?${search === '' ? '' : `${search}&`}rd=${encodeURIComponent(destination)}`;
  }
}

function refuse(
  request: FastifyRequest,
  reply: FastifyReply,
  { outcome, site }: Extract<Verdict, { readonly site: unknown }>,
) {
  const translate = translatorFor(request, {});
  if (!String(request.headers.accept ?? '').includes('text/html')) {
    // Sends the problem without throwing it: a page requests many files, and each thrown problem would be logged as a
    // security event.
    const problem = new Problem(outcome === 'oversized' ? 'identity_too_large' : 'permission_denied');
    const { status, body } = presentProblem(problem, { requestId: request.id, details: false, translate });
    return reply.status(status).send(body);
  }
  return sendSitePage(reply, {
    ...{ status: 403, language: localeFor(request, {}), title: translate(DENIED.title) },
    text:
      outcome === 'oversized'
        ? translate(problems.identity_too_large.detail)
        : translate(DENIED.text, { name: site.application.name }),
    link: { href: `${FORWARD_PATH}/sign_out`, text: translate(DENIED.link) },
  });
}
