import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Executor } from '../execution/executor.js';
import type { FlowRequest } from '../execution/request.js';
import { Contracts } from '../execution/stages.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { forgeryOf, setCsrfCookie } from './csrf.js';
import { presentAnswer } from './executor.presenter.js';
import { innerQuery, refuseCredentials } from './inner-query.js';
import { sessionKeyOf, setSessionCookie } from './session.cookie.js';

type OuterQuery = Readonly<Record<string, unknown>>;

/** The executor API: the current challenge of a flow, and an answer to it (01-executor §1). */
@Controller('/api/v3/flows/executor')
export class ExecutorController {
  constructor(
    @Inject(Executor) private readonly executor: Executor,
    @Inject(Contracts) private readonly contracts: Contracts,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  @Get(':slug/')
  show(
    @Param('slug') slug: string,
    @Query() query: OuterQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.run({ request, reply }, { slug, query, answer: undefined });
  }

  @Post(':slug/')
  @HttpCode(200)
  solve(
    @Param('slug') slug: string,
    @Query() query: OuterQuery,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    // Without a body and a type Fastify parses nothing: that is an empty object, a JSON null is null.
    const answer = { body: body === undefined ? {} : body, forged: forgeryOf(request, this.origin) };
    return this.run({ request, reply }, { slug, query, answer });
  }

  private async run(
    { request, reply }: { request: FastifyRequest; reply: FastifyReply },
    { slug, query: outer, answer }: { slug: string; query: OuterQuery; answer: FlowRequest['answer'] },
  ) {
    const arrivedAt = performance.now();
    const query = innerQuery(outer['query']);
    refuseCredentials((field) => this.contracts.isSecret(field), outer, query);
    const told = await this.executor.handle({
      ...{ arrivedAt, slug, query, answer },
      sessionKey: sessionKeyOf(request),
      client: {
        ip: request.ip,
        user_agent: request.headers['user-agent'] ?? '',
        outpost: false,
        cookies: cookiesOf(request),
      },
      locale: 'en',
    });
    if (told.cookie) setSessionCookie(request, reply, told.cookie);
    if (told.effects.some(({ type }) => type === 'login')) setCsrfCookie(request, reply);
    const { status, body, headers } = presentAnswer(told, request.id);
    void reply.status(status).headers(headers ?? {});
    return body;
  }

  private get origin() {
    return new URL(this.config.BASE_URL).origin;
  }
}

const cookiesOf = ({ cookies }: FastifyRequest) =>
  Object.fromEntries(Object.entries(cookies).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
