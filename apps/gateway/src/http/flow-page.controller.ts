import { isLocalPath, Problem } from '@gatehouse/contracts';
import { Body, Controller, Get, Inject, Param, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Posted } from '../execution/request.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { Avatars } from './avatars.js';
import { Unreadable } from './body.parser.js';
import { CSRF_FIELD, csrfTokenOf, formForgeryOf } from './csrf.js';
import type { Exchange } from './exchange.js';
import { presentAnswer } from './executor.presenter.js';
import { FlowDoor } from './flow.door.js';
import { drawChallenge } from './flow-page.view.js';
import { innerQuery } from './inner-query.js';
import { translateFor } from './language.js';
import { newNonce, sendPage } from './page.sender.js';
import { type HttpAnswer, presentProblem } from './problem.presenter.js';

/** The page of a flow, for people: plain forms through the same executor, no script needed. */
@Controller('/if/flow')
export class FlowPageController {
  constructor(
    @Inject(FlowDoor) private readonly door: FlowDoor,
    @Inject(Avatars) private readonly avatars: Avatars,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  @Get(':slug/')
  async show(@Param('slug') slug: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const exchange = { request, reply };
    const answer = await this.ask(exchange, { slug, query: queryOf(request), answer: undefined });
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
    const answer = await this.ask(exchange, { slug, query: queryOf(request), answer: this.posted(request, fields) });
    return this.redirected(exchange, answer) ?? this.moved(exchange, answer) ?? this.draw(exchange, answer);
  }

  /** A form that may be forged counts as one that cannot be read: for strangers as for anybody. */
  private posted(request: FastifyRequest, fields: unknown): Posted {
    if (fields instanceof Unreadable) return { body: undefined, unreadable: fields.problem, forged: undefined };
    const { [CSRF_FIELD]: token, ...body } = Object(fields) as Record<string, unknown>;
    const detail = formForgeryOf(request, this.config.BASE_URL, token);
    return { body, unreadable: detail ? new Problem('csrf_failed', { detail }) : undefined, forged: undefined };
  }

  private async ask(exchange: Exchange, asked: Parameters<FlowDoor['enter']>[1]): Promise<HttpAnswer> {
    const { request } = exchange;
    const requestId = request.id;
    return this.door.enter(exchange, asked).then(
      (answer) =>
        presentAnswer(answer, {
          ...{ requestId, avatars: this.avatars },
          translate: translateFor(request, answer.sessionUser),
        }),
      (error: unknown) => {
        if (error instanceof Problem)
          return presentProblem(error, { requestId, details: false, translate: translateFor(request, undefined) });
        throw error;
      },
    );
  }

  /** The end of a flow. Elsewhere a form may not lead, so a link does. */
  private redirected({ reply }: Exchange, { body }: HttpAnswer) {
    const { component, to } = body;
    return component === 'xak-flow-redirect' && isLocalPath(String(to)) ? reply.redirect(String(to), 303) : undefined;
  }

  /** What a second look would show just as well is shown by one, so that reloading the page sends nothing twice. */
  private moved({ request, reply }: Exchange, { status, body }: HttpAnswer) {
    const asks = status === 200 && 'flow_info' in body && body['component'] !== 'ak-stage-access-denied';
    return asks && !('response_errors' in body) ? reply.redirect(request.url, 303) : undefined;
  }

  private draw({ request, reply }: Exchange, { status, body, headers = {} }: HttpAnswer) {
    const nonce = newNonce();
    const { BRAND: brand } = this.config;
    const challenge =
      'component' in body ? body : { component: 'ak-stage-access-denied', error_message: body['detail'] };
    const surroundings = { brand, nonce, csrfToken: csrfTokenOf(request, reply), address: request.url };
    return sendPage(reply.status(status).headers(headers), nonce, drawChallenge(challenge, surroundings));
  }
}

/** The page's own query is what API clients send as the inner one. */
const queryOf = ({ url }: FastifyRequest) => innerQuery(url.split('?').slice(1).join('?'));
