import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { Avatars } from './avatars.js';
import { Unreadable } from './body.parser.js';
import { forgeryOf } from './csrf.js';
import { presentAnswer } from './executor.presenter.js';
import { type Exchange, FlowDoor } from './flow.door.js';
import { innerQuery } from './inner-query.js';

/** The executor API: the current challenge of a flow, and an answer to it (01-executor §1). */
@Controller('/api/v3/flows/executor')
export class ExecutorController {
  constructor(
    @Inject(FlowDoor) private readonly door: FlowDoor,
    @Inject(Avatars) private readonly avatars: Avatars,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  @Get(':slug/')
  show(
    @Param('slug') slug: string,
    @Query('query') query: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.answer({ request, reply }, { slug, query: innerQuery(query), answer: undefined });
  }

  @Post(':slug/')
  @HttpCode(200)
  solve(
    @Param('slug') slug: string,
    @Query('query') query: unknown,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const forged = forgeryOf(request, this.config.BASE_URL);
    // Without a body and a type Fastify parses nothing: that is an empty object, a JSON null is null.
    const answer =
      body instanceof Unreadable
        ? { body: undefined, unreadable: body.problem, forged }
        : { body: body === undefined ? {} : body, forged };
    return this.answer({ request, reply }, { slug, query: innerQuery(query), answer });
  }

  private async answer(exchange: Exchange, asked: Parameters<FlowDoor['enter']>[1]) {
    const { request, reply } = exchange;
    const { status, body, headers } = presentAnswer(await this.door.enter(exchange, asked), {
      requestId: request.id,
      avatars: this.avatars,
    });
    void reply.status(status).headers(headers ?? {});
    return body;
  }
}
