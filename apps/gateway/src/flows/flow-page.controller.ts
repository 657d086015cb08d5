import { isLocalPath, Problem, toUri } from '@gatehouse/contracts';
import type { ChallengeSubmission } from '@gatehouse/executor';
import { BrandStore, publicRunId } from '@gatehouse/executor';
import type { Brand } from '@gatehouse/plan';
import { translator } from '@gatehouse/texts';
import type { FlowPageData } from '@gatehouse/web';
import { Body, Controller, Get, Inject, Param, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { Public } from '../http/auth/auth.guard.js';
import { InvalidBody } from '../http/body.parser.js';
import { crossSiteOf, pageAddress } from '../http/cross-site-request.js';
import { CSRF_FIELD, ensureCsrfToken, formCsrfFailure } from '../http/csrf.js';
import type { HttpExchange } from '../http/exchange.js';
import { namedLocale, pageLanguageFor } from '../http/locale.js';
import { sendPage } from '../http/pages/page.sender.js';
import { brandAppearance, PageRenderer } from '../http/pages/page-renderer.js';
import { type HttpResponseBody, presentProblem } from '../http/problem.presenter.js';
import { parseInnerQuery, queryTextIn, withQuery } from '../http/query.js';
import { AvatarService } from '../users/avatars/avatar.service.js';
import { presentFlowResponse } from './executor.presenter.js';
import { FlowService } from './flow.service.js';
import type { FlowRequestParams } from './flow-request.reader.js';
import { REASON_HEADER } from './reason.header.js';
import { mayLeaveOrigin, refusalRedirect } from './refusal-redirect.js';

/** Hidden field of forms with the id of the step that the answer is for. */
const STEP_FIELD = 'gatehouse_step';

/** The data of a page. */
interface PageResponse extends HttpResponseBody {
  readonly slug: string;
  readonly brand: Brand;
  readonly language: Pick<FlowPageData, 'locale' | 'chosen_locale'>;
  readonly run?: string | undefined;
  readonly step?: string | undefined;
  /** Path to which the page redirects a visitor whom the flow does not admit, instead of showing the refusal. */
  readonly refusalRedirect?: string | undefined;
  /** The visitor's input in the refused form, without secrets. */
  readonly typed?: FlowPageData['typed'];
  /**
   * Whether another site opened the page, or another site started the run and the visitor has not answered a challenge
   * since.
   */
  readonly crossSite: boolean;
}

/** The page of a flow, which works with and without scripts. The executor authenticates the request. */
@Public()
@Controller('/if/flow')
export class FlowPageController {
  constructor(
    @Inject(FlowService) private readonly flowService: FlowService,
    @Inject(AvatarService) private readonly avatars: AvatarService,
    @Inject(PageRenderer) private readonly pages: PageRenderer,
    @Inject(BrandStore) private readonly brands: BrandStore,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  @Get(':slug/')
  async show(@Param('slug') slug: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const exchange = { request, reply };
    const crossSite = crossSiteOf(request);
    const page = await this.execute(exchange, { slug, query: queryOf(request), answer: undefined, crossSite });
    return this.redirect(exchange, page) ?? this.draw(exchange, page);
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
    const params = { slug, query: queryOf(request), answer: this.submission(request, fields), crossSite };
    const page = await this.execute(exchange, params);
    return this.redirect(exchange, page) ?? this.redirectToGet(exchange, page) ?? this.draw(exchange, page);
  }

  /**
   * Returns the answer that a form contains. A body that cannot be read and a form that may be forged have a
   * `bodyProblem`. Unlike requests to the API, forms of anonymous visitors are checked too, against login CSRF.
   */
  private submission(request: FastifyRequest, fields: unknown): ChallengeSubmission {
    if (fields instanceof InvalidBody) return { body: undefined, bodyProblem: fields.problem, csrfFailure: undefined };
    const { [CSRF_FIELD]: token, [STEP_FIELD]: step, ...body } = Object(fields) as Record<string, unknown>;
    const detail = formCsrfFailure(request, this.config.BASE_URL, token);
    const bodyProblem = detail ? new Problem('csrf_failed', { detail }) : undefined;
    return { body, bodyProblem, csrfFailure: undefined, step: typeof step === 'string' ? step : undefined };
  }

  private async execute(exchange: HttpExchange, params: FlowRequestParams): Promise<PageResponse> {
    const { request } = exchange;
    const { slug } = params;
    const requestId = request.id;
    const named = namedLocale(this.config.API_VERSION, params.query);
    try {
      const response = await this.flowService.enter(exchange, params);
      const { brand, sessionUser: user, planId, stepId: step, crossSite: isMarked } = response;
      const language = pageLanguageFor(request, { user, brand, named });
      const presented = presentFlowResponse(response, {
        requestId,
        avatars: this.avatars,
        locale: language.locale,
        view: 'complete',
      });
      const run = planId === undefined ? undefined : publicRunId(planId);
      const page = { ...presented, slug, brand, language, run, step, typed: typedFields(params.answer) };
      const visit = { slug, query: params.query, brand: this.brands.lastKnown(request.host) };
      const crossSite = isMarked || params.crossSite !== undefined;
      return { ...page, refusalRedirect: refusalRedirect(response, visit), crossSite };
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      // During an outage of the database, the error page has the brand that was loaded last.
      const brand = await this.brands.find(request.host).catch(() => this.brands.lastKnown(request.host));
      const language = pageLanguageFor(request, { brand, named });
      const presented = presentProblem(error, { requestId, details: false, translate: translator(language.locale) });
      return { ...presented, slug, brand, language, crossSite: params.crossSite !== undefined };
    }
  }

  /**
   * Redirects to the local path at which the flow ends. Redirects a visitor whom the flow does not admit to a page
   * where the visitor can continue. Returns `undefined` if the flow ends at another site: the page then shows a link.
   * After a form, the page also shows a link for a local path that can redirect to another site, because browsers apply
   * the CSP directive `form-action` to redirects.
   */
  private redirect(exchange: HttpExchange, page: PageResponse) {
    const { request, reply } = exchange;
    const to = page.refusalRedirect ?? localEnd(page.body);
    if (to === undefined) return undefined;
    if (request.method === 'POST' && mayLeaveOrigin(to))
      return this.draw(exchange, { ...page, body: { component: 'xak-flow-redirect', to } });
    return reply.redirect(to, 303);
  }

  /** Redirects to a GET that shows the same challenge, so that a reload does not send the form again. */
  private redirectToGet({ request, reply }: HttpExchange, { status, body }: HttpResponseBody) {
    const isChallenge = status === 200 && 'flow_info' in body && body['component'] !== 'ak-stage-access-denied';
    return isChallenge && !('response_errors' in body) ? reply.redirect(withoutLink(request.url), 303) : undefined;
  }

  private draw({ request, reply }: HttpExchange, response: PageResponse) {
    const { status, headers = {}, slug, brand, language, run, step, crossSite, typed } = response;
    const { recovery } = this.brands.lastKnown(request.host).flowsByPurpose;
    const retryAfter = headers['retry-after'];
    const page = this.pages.flow({
      challenge: challengeOf(response, request.id),
      brand: brandAppearance(brand),
      ...language,
      slug,
      address: pageAddress(request, crossSite),
      token: { field: CSRF_FIELD, value: ensureCsrfToken(request, reply) },
      run,
      step: step === undefined ? undefined : { field: STEP_FIELD, value: step },
      typed,
      reasons: headers[REASON_HEADER],
      recovery_url: recovery === undefined ? undefined : `/if/flow/${recovery}/`,
      cross_site: crossSite || undefined,
      retry_after_s: retryAfter === undefined ? undefined : Number(retryAfter),
    });
    return sendPage(reply.status(status).headers(headers), page);
  }
}

/** Returns the local path to which a finished flow leads. */
function localEnd({ component, to }: HttpResponseBody['body']): string | undefined {
  return component === 'xak-flow-redirect' && isLocalPath(String(to)) ? toUri(String(to)) : undefined;
}

/** Returns the challenge of a response, or a problem in the form of a challenge. */
const challengeOf = ({ body }: HttpResponseBody, requestId: string): FlowPageData['challenge'] =>
  'component' in body
    ? (body as FlowPageData['challenge'])
    : {
        component: 'ak-stage-flow-error',
        request_id: requestId,
        error: body['detail'] ?? body['non_field_errors'],
        reason: body['code'],
      };

/** Name of the only field whose typed text the page fills in again after a refusal, because that text is not secret. */
const NAME_FIELD = 'uid_field';

/** Returns the fields that the page of a refused form fills in again for a browser without scripts. */
function typedFields(answer: ChallengeSubmission | undefined): FlowPageData['typed'] {
  const { [NAME_FIELD]: name } = Object(answer?.body) as Record<string, unknown>;
  return typeof name === 'string' ? { [NAME_FIELD]: name } : undefined;
}

/**
 * Returns the URL of a page without the token of a mailed link. The token is needed only for the first request:
 * afterwards the plan of a valid link is in the session, and an invalid link would be reported again at each step.
 */
function withoutLink(url: string): string {
  const { flow_token: token, ...query } = parseInnerQuery(queryTextIn(url));
  return token === undefined ? url : withQuery(url.split('?', 1)[0] ?? '', query);
}

/** Returns the query of the page's URL. API clients send the same parameters as the inner query. */
const queryOf = ({ url }: FastifyRequest) => parseInnerQuery(url.split('?').slice(1).join('?'));
