import { Problem, type SavedUser, traceAttributes } from '@gatehouse/contracts';
import { Executor, type FlowRequest, type FlowResponse, FlowStarter, type FlowStartOptions } from '@gatehouse/executor';
import { annotateSpan, Logger } from '@gatehouse/platform';
import { chooseLocale, translator } from '@gatehouse/texts';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { DeviceBoundSessionService } from '../device-bound-sessions/device-bound-session.service.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { ensureCsrfToken, issueCsrfToken } from '../http/csrf.js';
import type { HttpExchange } from '../http/exchange.js';
import { KnownBrowserService } from '../http/known-browser.service.js';
import { SessionCookieService, setEffectCookies } from '../http/session-cookie.service.js';
import { clearSwitchingCookie } from '../http/switching-cookie.js';
import { DeviceAuthorizationService, type DeviceDecision, isRefusal } from '../oauth/device-authorization.service.js';
import { LoginSetRepository } from '../sessions/login-set.repository.js';
import { SessionMessenger } from '../sockets/session-messenger.js';
import { FlowEntryService } from './flow-entry.service.js';
import { type FlowRequestParams, FlowRequestReader } from './flow-request.reader.js';
import { reasonsOf } from './reason.header.js';

/**
 * Passes HTTP requests to the executor, sets the cookies of the executor's response, and writes one log line for each
 * request.
 */
@Injectable()
export class FlowService {
  constructor(
    @Inject(Executor) private readonly executor: Executor,
    @Inject(FlowStarter) private readonly starter: FlowStarter,
    @Inject(DeviceAuthorizationService) private readonly authorizations: DeviceAuthorizationService,
    @Inject(FlowEntryService) private readonly entries: FlowEntryService,
    @Inject(FlowRequestReader) private readonly reader: FlowRequestReader,
    @Inject(KnownBrowserService) private readonly knownBrowsers: KnownBrowserService,
    @Inject(SessionCookieService) private readonly cookies: SessionCookieService,
    @Inject(DeviceBoundSessionService) private readonly deviceBoundSessions: DeviceBoundSessionService,
    @Inject(SessionMessenger) private readonly messenger: SessionMessenger,
    @Inject(LoginSetRepository) private readonly loginSets: LoginSetRepository,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'API_VERSION' | 'SESSION_COOKIE'>,
    @Inject(Logger) private readonly logger: Logger,
  ) {}

  /**
   * Shows the current challenge of a flow, or answers it, and returns the response of the executor. A problem of a step
   * or of planning is returned as a response. Throws any other Problem.
   */
  async enter({ request, reply }: HttpExchange, params: FlowRequestParams): Promise<FlowResponse> {
    const flowRequest = await this.reader.read({ request, reply }, params);
    const executed = await this.executor.handle(flowRequest);
    // Must precede the new cookie, because a new cookie closes the WebSockets of the session.
    this.sendToasts(flowRequest, executed);
    // Set the cookies before planning another flow: the browser needs its new session key even if the planning fails.
    await this.setCookies({ request, reply }, flowRequest, executed);
    const entered = await this.startAuthorization(request, flowRequest, executed);
    const response = await this.entries.enter(await this.withNewSessionKey(request, flowRequest, executed), entered);
    this.log(request, flowRequest, response);
    return response;
  }

  /**
   * Starts a flow with facts or additional steps, and returns the id of its plan. The visitor continues at the page of the
   * flow. Throws a Problem if the flow cannot start.
   */
  async begin(
    exchange: HttpExchange,
    params: Omit<FlowRequestParams, 'answer'>,
    options: FlowStartOptions,
  ): Promise<string> {
    const flowRequest = await this.reader.read(exchange, { ...params, answer: undefined });
    const { plan, cookie } = await this.starter.start(flowRequest, options);
    if (cookie) this.cookies.set(exchange, cookie, flowRequest.client);
    return plan.id;
  }

  /**
   * Starts the flow in which a user approves or refuses the code of a device. Returns the slug of the flow. Throws a
   * Problem if the flow cannot start.
   */
  async authorize(
    exchange: HttpExchange,
    params: Pick<FlowRequestParams, 'query' | 'crossSite'>,
    decision: DeviceDecision,
  ): Promise<string> {
    const flowRequest = await this.reader.read(exchange, { ...params, slug: '', answer: undefined });
    return this.authorizations.begin(flowRequest, decision);
  }

  /**
   * Starts the authorization flow if the user typed the code of a device in the plan that ended. Returns the response
   * unchanged if that flow cannot start now, so that the visitor can try again.
   */
  private async startAuthorization(
    request: FastifyRequest,
    flowRequest: FlowRequest,
    response: FlowResponse,
  ): Promise<FlowResponse> {
    const { effects, sessionUser: visitor, brand } = response;
    const { authorization } = effects;
    if (!authorization || !visitor) return response;
    const { claimed, user_code: userCode } = authorization;
    const translate = translatorOf(flowRequest, { user: visitor, brand });
    try {
      const decision = { claimed, userCode, visitor, translate };
      const renewed = await this.withNewSessionKey(request, flowRequest, response);
      const result = await this.authorizations.beginTyped(renewed, decision);
      return { ...response, result };
    } catch (error) {
      if (isRefusal(error)) return { ...response, result: { type: 'denied', message: error.detail } };
      if (error instanceof Problem) return response;
      throw error;
    }
  }

  /** Sets the cookies of a response: the session cookie, the cookies that effects set, and the CSRF token. */
  private async setCookies(exchange: HttpExchange, flowRequest: FlowRequest, response: FlowResponse): Promise<void> {
    const { request, reply } = exchange;
    if (response.cookie) this.cookies.set(exchange, response.cookie, flowRequest.client);
    await this.dropEmptySet(exchange, flowRequest, response);
    this.offerBinding(exchange, flowRequest, response);
    setEffectCookies(exchange, response.effects.cookies, flowRequest.client);
    const { pending_user: user } = response.context;
    if (response.effects.isLogin && user?.kind === 'saved' && !flowRequest.client.outpost) {
      this.knownBrowsers.remember(exchange, user);
      const { device } = response.effects;
      if (device) this.knownBrowsers.rememberDevice(exchange, user, device);
    }
    // Also issue a new token when the browser switches to another user, so that forms of the previous user are refused.
    if (response.effects.isLogin || response.cookie?.set) issueCsrfToken(request, reply);
    else if (response.sessionUser && !flowRequest.authenticate) ensureCsrfToken(request, reply);
  }

  /** Returns the request with the new session key, if the response sets one. */
  private async withNewSessionKey(
    request: FastifyRequest,
    flowRequest: FlowRequest,
    { cookie }: Pick<FlowResponse, 'cookie'>,
  ): Promise<FlowRequest> {
    return cookie ? { ...flowRequest, sessionKey: await this.cookies.newKeyOf(request, cookie) } : flowRequest;
  }

  /**
   * Offers to bind the session of a user to the browser's device, whenever an unbound session gets a new key. A bound
   * session stays bound unless another user logs in (docs/spec/device-bound-sessions.md#end-of-a-binding).
   */
  private offerBinding(
    exchange: HttpExchange,
    { sessionKey, authenticate, client }: FlowRequest,
    { cookie, sessionId, sessionUser, effects, context: { pending_user: user } }: FlowResponse,
  ) {
    // A session with several logins cannot be bound, because a browser has only one bound cookie.
    if (!cookie || cookie.set !== undefined || sessionId === undefined || client.outpost) return;
    const staysBound = !effects.isLogin || (user?.kind === 'saved' && isSameLogin(user, sessionUser));
    if (staysBound && sessionKey && this.cookies.isBound(exchange.request, sessionKey)) return;
    if (effects.isLogin || (sessionUser && !authenticate)) this.deviceBoundSessions.offer(exchange.reply, sessionId);
  }

  /**
   * Removes the cookie for user switching when the session key changes, such as after a logout, if no user of its set
   * is logged in.
   */
  private async dropEmptySet(exchange: HttpExchange, { loginSet }: FlowRequest, { cookie }: FlowResponse) {
    if (!cookie || cookie.set !== undefined || !loginSet) return;
    if (await this.loginSets.isEmpty(loginSet)) clearSwitchingCookie(exchange, this.config);
  }

  /** Sends the toasts of stages to the pages of the session, in the visitor's language. */
  private sendToasts(flowRequest: FlowRequest, response: FlowResponse) {
    const { effects, sessionUser: user, brand } = response;
    if (effects.toasts.length === 0) return;
    const translate = translatorOf(flowRequest, { user, brand });
    const texts = effects.toasts.map(({ level, message, params }) => ({ level, text: translate(message, params) }));
    this.messenger.send(flowRequest.sessionKey, texts);
  }

  /** Logs the id of the plan, which the log lines of stages contain too. Logs no input of the visitor. */
  private log({ id, method }: FastifyRequest, { slug: flow, arrivedAt }: FlowRequest, response: FlowResponse) {
    const { result, planId } = response;
    const fields = {
      ...{ request_id: id, method, flow, plan: planId, outcome: result.type },
      component: result.type === 'show' ? result.contract.component : undefined,
      stage: stageOf(result),
      problem: result.type === 'problem' ? result.problem.code : undefined,
      reasons: reasonsOf(result),
      duration_ms: Math.round(performance.now() - arrivedAt),
    };
    this.logger.event('flow_answered', fields);
    annotateSpan(() => attributesOf(fields));
  }
}

/** Returns the kind of the stage whose challenge is shown, or whose request ended with a problem. */
function stageOf(result: FlowResponse['result']): string | undefined {
  if (result.type === 'show') return result.contract.kind;
  return result.type === 'problem' ? result.problem.stage : undefined;
}

/** Returns whether a user who logs in is the live user of the session. */
const isSameLogin = ({ uuid, epoch }: SavedUser, sessionUser: FlowResponse['sessionUser']) =>
  sessionUser?.uuid === uuid && sessionUser.epoch === epoch;

/** Returns the translator into the language of a visitor. */
const translatorOf = ({ localeFor }: FlowRequest, visitor: Parameters<FlowRequest['localeFor']>[0]) =>
  translator(chooseLocale(localeFor(visitor)));

/** Returns the attributes of a request's span. */
const attributesOf = ({ flow, plan, outcome }: Readonly<Record<'flow' | 'plan' | 'outcome', string | undefined>>) => ({
  [traceAttributes.flow]: flow,
  [traceAttributes.outcome]: outcome,
  ...(plan !== undefined && { [traceAttributes.plan]: plan }),
});
