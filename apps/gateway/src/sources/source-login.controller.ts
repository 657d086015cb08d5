import { Problem, sentence } from '@gatehouse/contracts';
import { BrandStore } from '@gatehouse/executor';
import { translator } from '@gatehouse/texts';
import { Body, Controller, Get, Inject, Param, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { InvalidBody } from '../http/body.parser.js';
import { isCrossSite } from '../http/cross-site.js';
import type { HttpExchange } from '../http/exchange.js';
import { localeFor } from '../http/locale.js';
import { AccessDeniedPage } from '../http/pages/access-denied.page.js';
import type { SourceRefusal } from './source-flow.manager.js';
import { type SourceLoginResult, SourceLoginService } from './source-login.service.js';

const LOGIN = '/flows/-/default/authentication/';
/** Characters of a parameter that a provider sends along; of Apple's `user` and of codes there are fewer. */
const MAX_PARAMETER = 8192;

const CROSS_SITE_START = sentence('Connect an account from your own page.');

/** Where people set out to sign in elsewhere, and where they come back to. */
@Controller('/source/oauth')
export class SourceLoginController {
  constructor(
    @Inject(SourceLoginService) private readonly desk: SourceLoginService,
    @Inject(BrandStore) private readonly brands: BrandStore,
    @Inject(AccessDeniedPage) private readonly denied: AccessDeniedPage,
  ) {}

  @Get('login/:slug/')
  async login(@Param('slug') slug: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const exchange = { request, reply };
    const visitor = await this.desk.visitorOf(exchange);
    // Otherwise a foreign page could connect an account of its own choice.
    if (visitor && isCrossSite(request)) throw new Problem('csrf_failed', { detail: CROSS_SITE_START });
    return this.lead(exchange, await this.desk.begin(exchange, await this.desk.load(slug)));
  }

  @Get('callback/:slug/')
  async callback(@Param('slug') slug: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const exchange = { request, reply };
    await this.desk.visitorOf(exchange);
    const answer = boundedParameters(Object.fromEntries(new URLSearchParams(queryOf(request))));
    return this.lead(exchange, await this.desk.complete(exchange, await this.desk.load(slug), answer));
  }

  /** A form of another site comes without the session, so it is looked at as an address. */
  @Post('callback/:slug/')
  posted(
    @Param('slug') slug: string,
    @Body() fields: unknown,
    @Req() _request: FastifyRequest,
    @Res() reply: FastifyReply,
  ) {
    if (fields instanceof InvalidBody) throw fields.problem;
    const answer = new URLSearchParams(boundedParameters(Object(fields) as object));
    return reply.redirect(`/source/oauth/callback/${slug}/?${answer}`, 303);
  }

  private async lead(exchange: HttpExchange, way: SourceLoginResult) {
    if ('to' in way) return exchange.reply.redirect(way.to, 302);
    return this.turn(exchange, way.turned);
  }

  private async turn(exchange: HttpExchange, { status, why }: SourceRefusal) {
    const brand = await this.brands.find(exchange.request.host);
    const translate = translator(localeFor(exchange.request, { brand }));
    void exchange.reply.status(status);
    return this.denied.send(exchange, { user: undefined, brand, why: translate(why.text, why.params), again: LOGIN });
  }
}

const queryOf = ({ url }: FastifyRequest) => url.split('?').slice(1).join('?');

/** What a provider sends along, as far as it is text and not too much. */
const boundedParameters = (answer: object): Record<string, string> =>
  Object.fromEntries(
    Object.entries(answer).filter(([, value]) => typeof value === 'string' && value.length <= MAX_PARAMETER),
  );
