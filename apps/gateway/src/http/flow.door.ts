import { Logger } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Executor } from '../execution/executor.js';
import type { FlowAnswer, FlowRequest } from '../execution/request.js';
import { sessionChangeOf } from '../execution/session-change.js';
import { csrfTokenOf, setCsrfCookie } from './csrf.js';
import { type Asked, FlowRequestReader } from './flow-request.reader.js';
import { setSessionCookie } from './session.cookie.js';

/** One HTTP exchange. */
export interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** From an HTTP request to the executor and back: which cookies leave with the answer, and what is noted of it. */
@Injectable()
export class FlowDoor {
  constructor(
    @Inject(Executor) private readonly executor: Executor,
    @Inject(FlowRequestReader) private readonly reader: FlowRequestReader,
    @Inject(Logger) private readonly logger: Logger,
  ) {}

  /** Throws Problem for what is wrong before a stage is asked. */
  async enter({ request, reply }: Exchange, asked: Asked): Promise<FlowAnswer> {
    const flowRequest = await this.reader.read(request, asked);
    const answer = await this.executor.handle(flowRequest);
    if (answer.cookie) setSessionCookie(request, reply, answer.cookie);
    if (sessionChangeOf(answer.effects)?.type === 'login') setCsrfCookie(request, reply);
    else if (answer.sessionUser && !flowRequest.authenticate) csrfTokenOf(request, reply);
    this.note(request, flowRequest, answer);
    return answer;
  }

  /** One line a request, by whose plan the lines of stages are found; nothing of what was typed. */
  private note({ id, method }: FastifyRequest, { slug: flow, arrivedAt }: FlowRequest, answer: FlowAnswer) {
    const { told, planId } = answer;
    const component = told.type === 'show' ? told.contract.component : undefined;
    const problem = told.type === 'problem' ? told.problem.code : undefined;
    const what = { told: told.type, component, problem };
    const ms = Math.round(performance.now() - arrivedAt);
    this.logger.event('flow', { request_id: id, method, flow, plan: planId, ...what, ms });
  }
}
