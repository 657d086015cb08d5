import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { Avatars } from './avatars.js';
import { Unreadable } from './body.parser.js';
import { CROSS_SITE, isCrossSite } from './cross-site.js';
import { foreignPageOf, forgeryOf } from './csrf.js';
import type { Exchange } from './exchange.js';
import { presentAnswer } from './executor.presenter.js';
import { FlowDoor } from './flow.door.js';
import type { Asked } from './flow-request.reader.js';
import { RUN_HEADER, runOf } from './flow-run.js';
import { innerQuery } from './inner-query.js';
import { translateFor } from './language.js';
import { challengeTypes, flowChallengeResponse } from './openapi/flow-bodies.js';
import { Described } from './openapi/operation.js';

const query = { query: z.string().meta({ description: "The query of the flow's page, as it is." }) };

/** The executor API: the current challenge of a flow, and an answer to it (docs/spec/executor.md#http-api). */
@Controller('/api/v3/flows/executor')
export class ExecutorController {
  constructor(
    @Inject(FlowDoor) private readonly door: FlowDoor,
    @Inject(Avatars) private readonly avatars: Avatars,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  @Described({
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
    return this.answer({ request, reply }, { slug, ...lookOf(request, innerQuery(query)), answer: undefined });
  }

  @Described({
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
    const doubts = { foreign: foreignPageOf(request, BASE_URL), forged: forgeryOf(request, BASE_URL) };
    // Without a body and a type Fastify parses nothing: that is an empty object, a JSON null is null.
    const answer =
      body instanceof Unreadable
        ? { body: undefined, unreadable: body.problem, ...doubts }
        : { body: body === undefined ? {} : body, ...doubts };
    return this.answer({ request, reply }, { slug, query: innerQuery(query), answer });
  }

  private async answer(exchange: Exchange, asked: Parameters<FlowDoor['enter']>[1]) {
    const { request, reply } = exchange;
    const answer = await this.door.enter(exchange, asked);
    const { status, body, headers } = presentAnswer(answer, {
      ...{ requestId: request.id, avatars: this.avatars },
      translate: translateFor(request, { user: answer.sessionUser, brand: answer.brand }),
    });
    void reply.status(status).headers(headers ?? {});
    if (answer.planId !== undefined) void reply.header(RUN_HEADER, runOf(answer.planId));
    return body;
  }
}

/**
 * A page of this site repeats in the query that it was opened from another one. A navigation from another site to this
 * address itself acts on no run, and does not choose where a run leads.
 */
function lookOf(request: FastifyRequest, query: Asked['query']): Pick<Asked, 'query' | 'crossSite'> {
  if (!isCrossSite(request)) return { query, crossSite: CROSS_SITE in query ? 'new' : undefined };
  const { next: _chosenElsewhere, ...rest } = query;
  return { query: rest, crossSite: 'any' };
}
