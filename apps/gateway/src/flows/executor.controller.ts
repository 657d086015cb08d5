import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { InvalidBody } from '../http/body.parser.js';
import { CROSS_SITE, isCrossSite } from '../http/cross-site.js';
import { apiCsrfFailure, crossSiteFailure } from '../http/csrf.js';
import type { HttpExchange } from '../http/exchange.js';
import { translatorFor } from '../http/locale.js';
import { ApiEndpoint } from '../http/openapi/api-endpoint.decorator.js';
import { parseInnerQuery } from '../http/query.js';
import { AvatarService } from '../users/avatars/avatar.service.js';
import { challengeTypes, flowChallengeResponse } from './executor.dto.js';
import { presentFlowResponse } from './executor.presenter.js';
import { FlowService } from './flow.service.js';
import type { FlowRequestParams } from './flow-request.reader.js';
import { publicRunId, RUN_ID_HEADER } from './run-id.js';

const query = { query: z.string().meta({ description: "The query of the flow's page, as it is." }) };

/** The executor API: the current challenge of a flow, and an answer to it (docs/spec/executor.md#http-api). */
@Controller('/api/v3/flows/executor')
export class ExecutorController {
  constructor(
    @Inject(FlowService) private readonly door: FlowService,
    @Inject(AvatarService) private readonly avatars: AvatarService,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  @ApiEndpoint({
    id: 'flows_executor_get',
    description: 'The current challenge of a flow; a flow that is not under way begins.',
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
    return this.answer({ request, reply }, { slug, ...lookOf(request, parseInnerQuery(query)), answer: undefined });
  }

  @ApiEndpoint({
    id: 'flows_executor_solve',
    description: 'Solves the current challenge; the answer is the next one, or the same with what is wrong.',
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
    const doubts = { foreign: crossSiteFailure(request, BASE_URL), forged: apiCsrfFailure(request, BASE_URL) };
    // Without a body and a type Fastify parses nothing: that is an empty object, a JSON null is null.
    const answer =
      body instanceof InvalidBody
        ? { body: undefined, unreadable: body.problem, ...doubts }
        : { body: body === undefined ? {} : body, ...doubts };
    const inner = parseInnerQuery(query);
    return this.answer({ request, reply }, { slug, query: inner, answer, crossSite: pageMark(inner) });
  }

  private async answer(exchange: HttpExchange, asked: Parameters<FlowService['enter']>[1]) {
    const { request, reply } = exchange;
    const answer = await this.door.enter(exchange, asked);
    const { status, body, headers } = presentFlowResponse(answer, {
      ...{ requestId: request.id, avatars: this.avatars },
      translate: translatorFor(request, { user: answer.sessionUser, brand: answer.brand }),
    });
    void reply.status(status).headers(headers ?? {});
    if (answer.planId !== undefined) void reply.header(RUN_ID_HEADER, publicRunId(answer.planId));
    return body;
  }
}

/** What a page marks that another site opened: a run that expired meanwhile begins again with a mark. */
const pageMark = (query: FlowRequestParams['query']) => (CROSS_SITE in query ? 'new' : undefined);

/**
 * A page of this site repeats in the query that it was opened from another one. A navigation from another site to this
 * address itself acts on no run, and does not choose where a run leads.
 */
function lookOf(
  request: FastifyRequest,
  query: FlowRequestParams['query'],
): Pick<FlowRequestParams, 'query' | 'crossSite'> {
  if (!isCrossSite(request)) return { query, crossSite: pageMark(query) };
  const { next: _chosenElsewhere, ...rest } = query;
  return { query: rest, crossSite: 'any' };
}
