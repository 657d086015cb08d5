import { isLocalPath, Problem, toUri } from '@gatehouse/contracts';
import { LOCALES } from '@gatehouse/texts';
import { Body, Controller, Inject, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GATEWAY_CONFIG, type GatewayConfig } from '../../gateway.config.js';
import { Public } from '../auth/auth.guard.js';
import { crossSiteFailure } from '../csrf.js';
import { LOCALE_COOKIE, LOCALE_PARAMETER } from '../locale.js';
import { lastValue, parseInnerQuery, queryTextIn, withQuery } from '../query.js';
import { cookieAttributes } from '../session-cookie.service.js';
import { parseForm } from '../zod-body.pipe.js';

const ONE_YEAR_S = 365 * 86_400;

/** Stores the choice of a page's language menu in a cookie. */
@Public()
@Controller('/if/language')
export class LanguageController {
  constructor(@Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'BASE_URL'>) {}

  /**
   * Sets the cookie to a supported language, deletes it if `locale` is empty, and ignores any other value. Redirects to
   * the page of the menu. Throws `csrf_failed` for a form of another site. Needs no token, because it changes nothing but
   * the language.
   */
  @Post('')
  choose(@Body() body: unknown, @Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const failure = crossSiteFailure(request, this.config.BASE_URL);
    if (failure) throw new Problem('csrf_failed', { detail: failure });
    const { locale } = parseForm(body);
    const attributes = cookieAttributes(request, false);
    if (locale === '') void reply.clearCookie(LOCALE_COOKIE, attributes);
    const known = LOCALES.find((language) => language.locale === locale)?.locale;
    if (known) void reply.setCookie(LOCALE_COOKIE, known, { ...attributes, maxAge: ONE_YEAR_S });
    const next = lastValue((request.query as { readonly next?: unknown }).next);
    return reply.redirect(typeof next === 'string' && isLocalPath(next) ? toUri(withoutLocale(next)) : '/', 303);
  }
}

/** Returns the address without a language, which would take precedence over the choice in the menu. */
function withoutLocale(address: string): string {
  const [path = ''] = address.split('?', 1);
  const { [LOCALE_PARAMETER]: locale, ...kept } = parseInnerQuery(queryTextIn(address));
  return locale === undefined ? address : withQuery(path, kept);
}
