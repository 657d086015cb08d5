import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { viewFor } from '../http/api-view.js';
import { Public } from '../http/auth/auth.guard.js';
import { InvalidBody } from '../http/body.parser.js';
import { CROSS_SITE, isCrossSite } from '../http/cross-site-request.js';
import { apiCsrfFailure, crossSiteFailure } from '../http/csrf.js';
import type { HttpExchange } from '../http/exchange.js';
import { languagesIn, localeFor } from '../http/locale.js';
import { ApiEndpoint } from '../http/openapi/api-endpoint.decorator.js';
import { parseInnerQuery } from '../http/query.js';
import { AvatarService } from '../users/avatars/avatar.service.js';
import { challengeTypes, flowChallengeResponse } from './executor.dto.js';
import { idHeaders, presentFlowResponse, STEP_ID_HEADER } from './executor.presenter.js';
import { FlowService } from './flow.service.js';
import type { FlowRequestParams } from './flow-request.reader.js';

const query = { query: z.string().meta({ description: 'The query string of the flow page, unchanged.' }) };

/**
 * The executor API: the current challenge of a flow, and answers to that challenge (docs/spec/executor.md#http-api).
 * The executor checks the rate limit, the API token and CSRF, in the order of docs/spec/http.md#order-of-checks.
 */
@Public()
@Controller('/api/v3/flows/executor')
export class ExecutorController {
  constructor(
    @Inject(FlowService) private readonly flowService: FlowService,
    @Inject(AvatarService) private readonly avatars: AvatarService,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  @ApiEndpoint({
    id: 'flows_executor_get',
    description: 'Returns the current challenge of a flow. Starts the flow if the session has not started it.',
    tag: 'flows',
    anonymous: true,
    query,
    answers: { 200: challengeTypes },
  })
  @Get(':flow_slug/')
  show(
    @Param('flow_slug') slug: string,
    @Query('query') query: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const params = { slug, answer: undefined, ...paramsOfGet(request, parseInnerQuery(query)) };
    return this.execute({ request, reply }, params);
  }

  @ApiEndpoint({
    id: 'flows_executor_solve',
    description: 'Answers the current challenge. Returns the next challenge, or the same challenge with errors.',
    tag: 'flows',
    anonymous: true,
    query,
    body: flowChallengeResponse,
    answers: { 200: challengeTypes },
  })
  @Post(':flow_slug/')
  @HttpCode(200)
  solve(
    @Param('flow_slug') slug: string,
    @Query('query') query: unknown,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { BASE_URL } = this.config;
    const facts = {
      crossSiteFailure: crossSiteFailure(request, BASE_URL),
      csrfFailure: apiCsrfFailure(request, BASE_URL),
      step: request.headers[STEP_ID_HEADER]?.toString(),
    };
    // Fastify leaves a missing body undefined. A missing body counts as an empty object; a JSON null does not.
    const answer =
      body instanceof InvalidBody
        ? { body: undefined, bodyProblem: body.problem, ...facts }
        : { body: body === undefined ? {} : body, ...facts };
    const inner = parseInnerQuery(query);
    return this.execute({ request, reply }, { slug, query: inner, answer, crossSite: crossSiteOfPage(inner) });
  }

  private async execute(exchange: HttpExchange, params: FlowRequestParams) {
    const { request, reply } = exchange;
    const response = await this.flowService.enter(exchange, params);
    const languages = languagesIn(this.config.API_VERSION, request.query as object, params.query);
    const { status, body, headers } = presentFlowResponse(response, {
      requestId: request.id,
      avatars: this.avatars,
      locale: localeFor(request, { user: response.sessionUser, brand: response.brand, ...languages }),
      view: viewFor(request, this.config),
    });
    void reply.status(status).headers({ ...headers, ...idHeaders(response) });
    return body;
  }
}

/**
 * Returns the cross-site mark for a request of a page: `new` marks the plan if this request starts one. A page that
 * another site opened sends the parameter CROSS_SITE in each request, because its plan may expire and start again.
 */
const crossSiteOfPage = (query: FlowRequestParams['query']) => (CROSS_SITE in query ? 'new' : undefined);

/**
 * Returns the query and the cross-site mark of a GET. A navigation from another site to this API marks the run, whether
 * it is new or existing, and its `next` is ignored.
 */
function paramsOfGet(
  request: FastifyRequest,
  query: FlowRequestParams['query'],
): Pick<FlowRequestParams, 'query' | 'crossSite'> {
  if (!isCrossSite(request)) return { query, crossSite: crossSiteOfPage(query) };
  const { next: _next, ...rest } = query;
  return { query: rest, crossSite: 'any' };
}
