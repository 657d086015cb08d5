import type { Logger } from '@gatehouse/platform';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Executor } from '../execution/executor.js';
import type { Outset } from '../execution/outset.js';
import type { FlowAnswer, FlowRequest } from '../execution/request.js';
import type { Contracts } from '../execution/stages.js';
import { clientIpOf } from './client-ip.js';
import { csrfTokenOf, setCsrfCookie } from './csrf.js';
import { refuseCredentials } from './inner-query.js';
import { sessionKeyOf, setSessionCookie } from './session.cookie.js';
import type { StrangerGate } from './stranger.gate.js';

/** One HTTP exchange. */
export interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

type Asked = Pick<FlowRequest, 'slug' | 'query' | 'answer'>;

interface Parts {
  readonly executor: Executor;
  readonly outset: Outset;
  readonly contracts: Contracts;
  readonly logger: Logger;
  readonly gate: StrangerGate;
}

/** From an HTTP request to the executor and back: who asks, from where, and which cookies leave with the answer. */
export class FlowDoor {
  constructor(private readonly parts: Parts) {}

  /** Throws Problem for what is wrong before a stage is asked. */
  async enter({ request, reply }: Exchange, asked: Asked): Promise<FlowAnswer> {
    const arrivedAt = performance.now();
    refuseCredentials((field) => this.parts.contracts.isSecret(field), request.query as object, asked.query);
    const answer = await this.parts.executor.handle(this.requestOf({ request, reply }, asked, arrivedAt));
    if (answer.cookie) setSessionCookie(request, reply, answer.cookie);
    if (answer.effects.some(({ type }) => type === 'login')) setCsrfCookie(request, reply);
    else if (answer.sessionUser) csrfTokenOf(request, reply);
    this.note(request, { asked, answer, ms: performance.now() - arrivedAt });
    return answer;
  }

  /** Begins a flow about whoever is logged in. Throws Problem when it cannot begin. */
  begin(exchange: Exchange, asked: Pick<Asked, 'slug' | 'query'>): Promise<void> {
    return this.parts.outset.begin(this.requestOf(exchange, { ...asked, answer: undefined }, performance.now()));
  }

  private requestOf({ request, reply }: Exchange, asked: Asked, arrivedAt: number): FlowRequest {
    return {
      ...asked,
      arrivedAt,
      named: [request.query as object, asked.query].flatMap(Object.keys),
      sessionKey: sessionKeyOf(request),
      client: {
        ip: clientIpOf(request),
        user_agent: request.headers['user-agent'] ?? '',
        outpost: false,
        cookies: cookiesOf(request),
      },
      locale: 'en',
      admitStranger: () => this.parts.gate.admit(request, reply),
    };
  }

  /** One line a request, by whose plan the lines of stages are found; nothing of what was typed. */
  private note(
    { id, method }: FastifyRequest,
    { asked, answer, ms }: { asked: Asked; answer: FlowAnswer; ms: number },
  ) {
    const { told, planId } = answer;
    const component = told.type === 'show' ? told.contract.component : undefined;
    const problem = told.type === 'problem' ? told.problem.code : undefined;
    const what = { told: told.type, component, problem };
    this.parts.logger.event('flow', {
      request_id: id,
      method,
      flow: asked.slug,
      plan: planId,
      ...what,
      ms: Math.round(ms),
    });
  }
}

const cookiesOf = ({ cookies }: FastifyRequest) =>
  Object.fromEntries(Object.entries(cookies).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
