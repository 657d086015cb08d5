import { isLocalPath, Problem, toUri } from '@gatehouse/contracts';
import type { ChallengeSubmission } from '@gatehouse/executor';
import { BrandStore } from '@gatehouse/executor';
import type { Brand } from '@gatehouse/plan';
import { type Locale, translator } from '@gatehouse/texts';
import type { FlowPageData } from '@gatehouse/web';
import { Body, Controller, Get, Inject, Param, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { InvalidBody } from '../http/body.parser.js';
import { crossSiteOf } from '../http/cross-site.js';
import { CSRF_FIELD, ensureCsrfToken, formCsrfFailure } from '../http/csrf.js';
import type { HttpExchange } from '../http/exchange.js';
import { localeFor } from '../http/locale.js';
import { brandAppearance } from '../http/pages/brand-appearance.js';
import { sendPage } from '../http/pages/page.sender.js';
import { PageRenderer } from '../http/pages/page-renderer.js';
import { type HttpResponseBody, presentProblem } from '../http/problem.presenter.js';
import { parseInnerQuery } from '../http/query.js';
import { AvatarService } from '../users/avatars/avatar.service.js';
import { presentFlowResponse } from './executor.presenter.js';
import { FlowService } from './flow.service.js';
import { publicRunId } from './run-id.js';

/** What a page is drawn from. */
interface PageResponse extends HttpResponseBody {
  readonly slug: string;
  readonly brand: Brand;
  readonly locale: Locale;
  readonly run?: string | undefined;
  /** Whether another site opened the page, or began the run and its visitor has not acted since. */
  readonly crossSite: boolean;
}

/** The page of a flow, for people: its forms go through the same executor, with a script and without. */
@Controller('/if/flow')
export class FlowPageController {
  constructor(
    @Inject(FlowService) private readonly door: FlowService,
    @Inject(AvatarService) private readonly avatars: AvatarService,
    @Inject(PageRenderer) private readonly pages: PageRenderer,
    @Inject(BrandStore) private readonly brands: BrandStore,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  @Get(':slug/')
  async show(@Param('slug') slug: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const exchange = { request, reply };
    const crossSite = crossSiteOf(request);
    const answer = await this.ask(exchange, { slug, query: queryOf(request), answer: undefined, crossSite });
    return this.redirected(exchange, answer) ?? this.draw(exchange, answer);
  }

  @Post(':slug/')
  async solve(
    @Param('slug') slug: string,
    @Body() fields: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ) {
    const exchange = { request, reply };
    const crossSite = crossSiteOf(request);
    const asked = { slug, query: queryOf(request), answer: this.posted(request, fields), crossSite };
    const answer = await this.ask(exchange, asked);
    return this.redirected(exchange, answer) ?? this.moved(exchange, answer) ?? this.draw(exchange, answer);
  }

  /** A form that may be forged counts as one that cannot be read: for strangers as for anybody. */
  private posted(request: FastifyRequest, fields: unknown): ChallengeSubmission {
    if (fields instanceof InvalidBody) return { body: undefined, unreadable: fields.problem, forged: undefined };
    const { [CSRF_FIELD]: token, ...body } = Object(fields) as Record<string, unknown>;
    const detail = formCsrfFailure(request, this.config.BASE_URL, token);
    return { body, unreadable: detail ? new Problem('csrf_failed', { detail }) : undefined, forged: undefined };
  }

  private async ask(exchange: HttpExchange, asked: Parameters<FlowService['enter']>[1]): Promise<PageResponse> {
    const { request } = exchange;
    const { slug } = asked;
    const requestId = request.id;
    try {
      const answer = await this.door.enter(exchange, asked);
      const { brand, sessionUser: user, planId, crossSite: marked } = answer;
      const locale = localeFor(request, { user, brand });
      const shown = presentFlowResponse(answer, { requestId, avatars: this.avatars, translate: translator(locale) });
      const run = planId === undefined ? undefined : publicRunId(planId);
      return { ...shown, slug, brand, locale, run, crossSite: marked || asked.crossSite !== undefined };
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      // The problem may be that nothing can be loaded, and that is to be said on a page too.
      const brand = await this.brands.find(request.host).catch(() => this.brands.lastKnown(request.host));
      const locale = localeFor(request, { brand });
      const shown = presentProblem(error, { requestId, details: false, translate: translator(locale) });
      return { ...shown, slug, brand, locale, crossSite: asked.crossSite !== undefined };
    }
  }

  /** The end of a flow. Elsewhere a form may not lead, so a link does. */
  private redirected({ reply }: HttpExchange, { body }: HttpResponseBody) {
    const to = String(body['to']);
    return body['component'] === 'xak-flow-redirect' && isLocalPath(to) ? reply.redirect(toUri(to), 303) : undefined;
  }

  /** What a second look would show just as well is shown by one, so that reloading the page sends nothing twice. */
  private moved({ request, reply }: HttpExchange, { status, body }: HttpResponseBody) {
    const asks = status === 200 && 'flow_info' in body && body['component'] !== 'ak-stage-access-denied';
    return asks && !('response_errors' in body) ? reply.redirect(request.url, 303) : undefined;
  }

  private draw({ request, reply }: HttpExchange, shown: PageResponse) {
    const { status, headers = {}, slug, brand, locale, run, crossSite } = shown;
    const retryAfter = headers['retry-after'];
    const page = this.pages.flow({
      challenge: challengeOf(shown, request.id),
      brand: brandAppearance(brand),
      locale,
      slug,
      address: request.url,
      token: { field: CSRF_FIELD, value: ensureCsrfToken(request, reply) },
      run,
      cross_site: crossSite || undefined,
      retry_after_s: retryAfter === undefined ? undefined : Number(retryAfter),
    });
    return sendPage(reply.status(status).headers(headers), page);
  }
}

/** What is no challenge, in the form of one. */
const challengeOf = ({ body }: HttpResponseBody, requestId: string): FlowPageData['challenge'] =>
  'component' in body
    ? (body as FlowPageData['challenge'])
    : { component: 'ak-stage-flow-error', request_id: requestId, error: body['detail'] ?? body['non_field_errors'] };

/** The page's own query is what API clients send as the inner one. */
const queryOf = ({ url }: FastifyRequest) => parseInnerQuery(url.split('?').slice(1).join('?'));
