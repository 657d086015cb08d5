import { Problem } from '@gatehouse/contracts';
import type { Executor, FlowRequest, FlowResponse, FlowStarter, FlowStartOptions } from '@gatehouse/executor';
import { hashSessionKey } from '@gatehouse/executor';
import type { Logger } from '@gatehouse/platform';
import type { FastifyRequest } from 'fastify';
import { ensureCsrfToken, issueCsrfToken } from '../http/csrf.js';
import type { HttpExchange } from '../http/exchange.js';
import { translatorFor } from '../http/locale.js';
import { type SessionCookies, setEffectCookies } from '../http/session.cookie.js';
import {
  type DeviceAuthorizationService,
  type DeviceDecision,
  isRefusal,
} from '../oauth/device-authorization.service.js';
import type { FlowRequestParams, FlowRequestReader } from './flow-request.reader.js';

interface Parts {
  readonly executor: Executor;
  readonly outset: FlowStarter;
  readonly authorizations: DeviceAuthorizationService;
  readonly reader: FlowRequestReader;
  readonly cookies: SessionCookies;
  readonly logger: Logger;
}

/** From an HTTP request to the executor and back: which cookies leave with the answer, and what is noted of it. */
export class FlowService {
  constructor(private readonly parts: Parts) {}

  /** Throws Problem for what is wrong before a stage is asked. */
  async enter({ request, reply }: HttpExchange, asked: FlowRequestParams): Promise<FlowResponse> {
    const flowRequest = await this.parts.reader.read({ request, reply }, asked);
    const answer = await this.goneOn(request, flowRequest, await this.parts.executor.handle(flowRequest));
    if (answer.cookie) this.parts.cookies.set({ request, reply }, answer.cookie, flowRequest.client);
    setEffectCookies({ request, reply }, answer.effects.cookies, flowRequest.client);
    if (answer.effects.isLogin) issueCsrfToken(request, reply);
    else if (answer.sessionUser && !flowRequest.authenticate) ensureCsrfToken(request, reply);
    this.note(request, flowRequest, answer);
    return answer;
  }

  /** Begins a flow that knows something from the start; where to go on is its page. Throws Problem when it cannot begin. */
  async begin(
    exchange: HttpExchange,
    asked: Omit<FlowRequestParams, 'answer'>,
    beginning: FlowStartOptions,
  ): Promise<void> {
    const flowRequest = await this.parts.reader.read(exchange, { ...asked, answer: undefined });
    const cookie = await this.parts.outset.begin(flowRequest, beginning);
    if (cookie) this.parts.cookies.set(exchange, cookie, flowRequest.client);
  }

  /** Begins the flow in which `visitor` decides about a device's code, and answers its slug. Throws Problem when it cannot begin. */
  async authorize(
    exchange: HttpExchange,
    asked: Pick<FlowRequestParams, 'query' | 'crossSite'>,
    decision: DeviceDecision,
  ): Promise<string> {
    const flowRequest = await this.parts.reader.read(exchange, { ...asked, slug: '', answer: undefined });
    return this.parts.authorizations.begin(flowRequest, decision);
  }

  /**
   * Where a plan that is over leads when another one follows. If that cannot begin now, the answer leads to where it is
   * begun again.
   */
  private async goneOn(request: FastifyRequest, asked: FlowRequest, answer: FlowResponse): Promise<FlowResponse> {
    const { effects, sessionUser: visitor, brand, cookie } = answer;
    const { authorization: claimed } = effects;
    if (!claimed || !visitor) return answer;
    const translate = translatorFor(request, { user: visitor, brand });
    try {
      const slug = await this.parts.authorizations.begin(withNewSessionKey(asked, cookie), {
        claimed,
        visitor,
        translate,
      });
      return { ...answer, told: { type: 'done', to: `/if/flow/${slug}/` } };
    } catch (error) {
      if (isRefusal(error)) return { ...answer, told: { type: 'denied', message: error.detail } };
      if (error instanceof Problem) return answer;
      throw error;
    }
  }

  /** One line a request, by whose plan the lines of stages are found; nothing of what was typed. */
  private note({ id, method }: FastifyRequest, { slug: flow, arrivedAt }: FlowRequest, answer: FlowResponse) {
    const { told, planId } = answer;
    const component = told.type === 'show' ? told.contract.component : undefined;
    const problem = told.type === 'problem' ? told.problem.code : undefined;
    const what = { told: told.type, component, problem };
    const ms = Math.round(performance.now() - arrivedAt);
    this.parts.logger.event('flow', { request_id: id, method, flow, plan: planId, ...what, ms });
  }
}

/** A right code was a proof, upon which the session has a new key. */
const withNewSessionKey = (asked: FlowRequest, cookie: FlowResponse['cookie']): FlowRequest =>
  cookie ? { ...asked, sessionKey: hashSessionKey(cookie.value) } : asked;
