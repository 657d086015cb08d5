import { Problem, sentence } from '@gatehouse/contracts';
import { BrandStore } from '@gatehouse/executor';
import { translator } from '@gatehouse/texts';
import { Body, Controller, Get, Inject, Param, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AllowAnonymous, Public } from '../http/auth/auth.guard.js';
import { isCrossSite, withMarkedNext } from '../http/cross-site-request.js';
import type { HttpExchange } from '../http/exchange.js';
import { localeFor } from '../http/locale.js';
import { AccessDeniedPage } from '../http/pages/access-denied.page.js';
import { withQuery } from '../http/query.js';
import { type FormFields, FormPipe } from '../http/zod-body.pipe.js';
import { type SourceLoginResult, SourceLoginService, sessionPrincipal } from './source-login.service.js';

const LOGIN = '/flows/-/default/authentication/';
/** Longest parameter from a provider. Codes and Apple's `user` are shorter. */
const MAX_PARAMETER_LENGTH = 8192;

type RefusedLogin = Extract<SourceLoginResult, { refused: unknown }>;

const CROSS_SITE_START = sentence('Connect an account from your own page.');

/** Routes at which logins at OAuth sources start, and to which providers redirect. */
@Controller('/source/oauth')
export class SourceLoginController {
  constructor(
    @Inject(SourceLoginService) private readonly logins: SourceLoginService,
    @Inject(BrandStore) private readonly brands: BrandStore,
    @Inject(AccessDeniedPage) private readonly deniedPage: AccessDeniedPage,
  ) {}

  @Get('login/:slug/')
  @AllowAnonymous()
  async login(@Param('slug') slug: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const exchange = { request, reply };
    // Without this check, a page of another site could connect the user with an account of the attacker.
    if (sessionPrincipal(request.principal) && isCrossSite(request))
      throw new Problem('csrf_failed', { detail: CROSS_SITE_START });
    return this.send(exchange, await this.logins.begin(exchange, await this.logins.load(slug)));
  }

  @Get('callback/:slug/')
  @AllowAnonymous()
  async callback(@Param('slug') slug: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const exchange = { request, reply };
    const answer = boundedParameters(Object.fromEntries(new URLSearchParams(queryOf(request))));
    return this.send(exchange, await this.logins.complete(exchange, await this.logins.load(slug), answer));
  }

  /** Redirects a form of a provider to a GET, because browsers send no session cookie with a form of another site. */
  @Post('callback/:slug/')
  @Public()
  callbackByForm(@Param('slug') slug: string, @Body(FormPipe) fields: FormFields, @Res() reply: FastifyReply) {
    const answer = new URLSearchParams(boundedParameters(fields));
    return reply.redirect(`/source/oauth/callback/${slug}/?${answer}`, 303);
  }

  private async send(exchange: HttpExchange, result: SourceLoginResult) {
    return 'to' in result ? exchange.reply.redirect(result.to, 302) : this.sendRefusal(exchange, result);
  }

  private async sendRefusal(exchange: HttpExchange, { refused: { status, why }, query = {} }: RefusedLogin) {
    const brand = await this.brands.find(exchange.request.host);
    const translate = translator(localeFor(exchange.request, { brand }));
    void exchange.reply.status(status);
    const message = translate(why.text, why.params);
    const retryUrl = withQuery(LOGIN, withMarkedNext(query));
    return this.deniedPage.send(exchange, { user: undefined, brand, message, retryUrl });
  }
}

const queryOf = ({ url }: FastifyRequest) => url.split('?').slice(1).join('?');

/** Returns the parameters that are texts of bounded length. */
const boundedParameters = (parameters: object): Record<string, string> =>
  Object.fromEntries(
    Object.entries(parameters).filter(([, value]) => typeof value === 'string' && value.length <= MAX_PARAMETER_LENGTH),
  );
