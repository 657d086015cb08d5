import {
  AUTHORIZATION_CODE_KIND,
  MAX_DEVICE_SECRET_LENGTH,
  type PendingAuthorization,
  Problem,
  sentence,
} from '@gatehouse/contracts';
import {
  BrandStore,
  type FlowResult,
  type FlowStartOptions,
  type Identity,
  LostRaceProblem,
  NO_AUTHORIZATION,
} from '@gatehouse/executor';
import { clientLaunchUrl, type OauthClient } from '@gatehouse/plan';
import { Controller, Get, HttpStatus, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApplicationLoginService } from '../flows/application-login.service.js';
import { FlowService } from '../flows/flow.service.js';
import { inspectorQuery } from '../flows/inspector/inspection-permission.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { AllowAnonymous } from '../http/auth/auth.guard.js';
import type { Principal } from '../http/auth/auth.service.js';
import { crossSiteOf, isPrefetch } from '../http/cross-site-request.js';
import type { HttpExchange } from '../http/exchange.js';
import { translatorFor, UI_LOCALES } from '../http/locale.js';
import { singleValue, withQuery } from '../http/query.js';
import { SessionRepository } from '../sessions/session.repository.js';
import {
  idTokenClaims,
  type LoginRequirement,
  loginClaims,
  loginShortfall,
  type SessionLogin,
} from '../sessions/session-authentication.js';
import { loginPath, requirementQuery } from '../sessions/step-up.js';
import { AuthorizationGrantClient } from './authorization-grant.client.js';
import { authorizationCode, authorizationStart } from './authorization-start.js';
import { consentOf } from './consent-question.js';
import { isRefusal } from './device-authorization.service.js';
import { OauthClientRepository } from './oauth-client.repository.js';
import { type AuthorizationError, errorRedirect, REQUEST_URI_PREFIX } from './oauth-responses.js';

const UNKNOWN = sentence('This request is unknown or has expired. Please start again in the application.');

/**
 * How often one request may run the flow. It runs the flow again whenever a concurrent request of its session has ended
 * its plan.
 */
const MAX_RUNS = 6;

/**
 * Query parameter of a request that returns from a login. Its value says whether the visitor was logged in before. It
 * only prevents redirect loops: a client can set it, so it proves nothing.
 */
const ASKED = 'asked';
const AS_USER = '1';
const AS_ANONYMOUS = 'anonymous';

/** A request that waits for its user, with its client. */
interface Pending {
  readonly client: OauthClient;
  readonly pending: PendingAuthorization;
}
/** A logged-in user, and the time and methods of the login. */
interface LoggedIn {
  readonly principal: Principal;
  readonly sessionId: string;
  readonly login: SessionLogin;
}

/** The authorization endpoint: redirects a user's browser to the login, to the consent, and back to the client. */
@Controller('/application/o/authorize')
export class AuthorizationController {
  constructor(
    @Inject(AuthorizationGrantClient) private readonly grants: AuthorizationGrantClient,
    @Inject(OauthClientRepository) private readonly clients: OauthClientRepository,
    @Inject(SessionRepository) private readonly sessions: SessionRepository,
    @Inject(FlowService) private readonly flowService: FlowService,
    @Inject(ApplicationLoginService) private readonly logins: ApplicationLoginService,
    @Inject(BrandStore) private readonly brands: BrandStore,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'API_VERSION' | 'SECRET_KEY'>,
  ) {}

  /**
   * Redirects to the login, to the page of the authorization flow, or back to the client with a code or an error. Shows
   * `not_found` for a request that is unknown, used, expired or of another client, and `parameter_repeated`, because it
   * cannot trust a redirect URI then. A prefetch does nothing.
   */
  @Get('')
  @AllowAnonymous()
  async authorize(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    // A browser discards a failed response to a prefetch, and sends the request again when the user opens the address.
    if (isPrefetch(request)) return reply.status(HttpStatus.SERVICE_UNAVAILABLE).send();
    const exchange = { request, reply };
    const found = await this.find(request.query as Query);
    return reply.redirect(await this.destinationOf(exchange, found), 302);
  }

  private async find(query: Query): Promise<Pending> {
    const [id, reference] = [singleValue(query.client_id), referenceOf(singleValue(query.request_uri))];
    const client = typeof id === 'string' && reference ? await this.clients.find(id) : undefined;
    const pending = client && reference ? await this.grants.find(reference, client.client_id) : undefined;
    if (!client || !pending || !isCurrent(client, pending)) throw new Problem('not_found', { detail: UNKNOWN });
    return { client, pending };
  }

  private async destinationOf(exchange: HttpExchange, found: Pending): Promise<string> {
    const { request } = exchange;
    const { pending } = found;
    const visitor = await this.loggedIn(request.principal);
    const isSilent = pending.prompts.includes('none');
    const shortfall = visitor && shortfallOf(visitor, pending);
    if (visitor && shortfall === undefined) return this.start(exchange, found, visitor);
    const asked = (request.query as Query)[ASKED];
    // A visitor who was sent to the login as a logged-in user, and is anonymous now, has followed the link "Not you?",
    // so that another user can log in.
    const isAsked = visitor ? asked !== undefined : asked === AS_ANONYMOUS;
    if (isAsked && shortfall === 'acr') return this.refuse(pending, 'unmet_authentication_requirements');
    if (isSilent || isAsked) return this.refuse(pending, 'login_required');
    return this.loginAddress(exchange, found, shortfall);
  }

  /**
   * Returns the URL of the application's login for an anonymous visitor. With a `shortfall`, returns the URL of the
   * flow for a new login or a step-up. Both URLs contain the login hint, which the identification stage reads.
   */
  private async loginAddress(
    exchange: HttpExchange,
    { client, pending }: Pending,
    shortfall: Shortfall | undefined,
  ): Promise<string> {
    const { request } = exchange;
    const requirement = requirementOf(pending);
    const canStepUp = shortfall !== undefined && shortfall !== 'user' && !requirement.again;
    const stepUp = canStepUp ? (await this.brands.find(request.host)).step_up_flow : undefined;
    const hint = pending.login_hint === undefined ? {} : { login_hint: pending.login_hint };
    const query = {
      next: addressOf(request, shortfall ? AS_USER : AS_ANONYMOUS),
      ...(stepUp !== undefined || pending.acr_values.length > 0 ? requirementQuery(requirement) : {}),
      ...{ ...languageOf(pending), ...hint },
    };
    const { authentication_flow: slug } = client;
    if (shortfall) return withQuery(loginPath(stepUp ?? slug), query);
    const application = { ...client.application, launch_url: clientLaunchUrl(client) };
    return this.logins.begin(exchange, { application, slug, query, crossSite: crossSiteOf(request) });
  }

  /** Throws `proof_required` for an API token, because the access of the client would outlive the token. */
  private async loggedIn(principal: Principal | undefined): Promise<LoggedIn | undefined> {
    if (!principal) return undefined;
    const { byToken, sessionId, user } = principal;
    if (byToken || sessionId === undefined) throw new Problem('proof_required', { detail: NO_AUTHORIZATION });
    const login = await this.sessions.findLogin(sessionId, user.uuid);
    return login && { principal, sessionId, login };
  }

  /**
   * Starts the authorization flow and runs it up to its first challenge, because a flow without a challenge ends in
   * this request.
   */
  private async start(exchange: HttpExchange, found: Pending, visitor: LoggedIn): Promise<string> {
    const { client, pending } = found;
    const { user } = visitor.principal;
    const brand = await this.brands.find(exchange.request.host);
    const translate = translatorFor(exchange.request, { user, brand, requested: pending.ui_locale });
    const step = { kind: AUTHORIZATION_CODE_KIND, config: this.stepConfig(found, visitor) };
    const question = consentOf(client, pending, translate);
    // The flow continues after a reload, so the user need not repeat the answers.
    const options = { ...authorizationStart(client, { visitor: user, step, ...question }), continues: true };
    try {
      return await this.after(await this.run(exchange, found, options), found, user);
    } catch (error) {
      if (isRefusal(error)) return this.refuse(pending, 'access_denied');
      throw error;
    }
  }

  /** Returns the config of the step that issues the code. */
  private stepConfig({ client, pending }: Pending, { principal: { user }, sessionId, login }: LoggedIn) {
    const isNewest = this.config.API_VERSION === '2026.8';
    const claims = loginClaims(login, requirementOf(pending), Date.now() / 1000);
    return {
      request: pending.id,
      user: user.uuid,
      authentication: idTokenClaims(claims, { sessionId, clientId: client.client_id }),
      asks: pending.prompts.includes('consent'),
      code: authorizationCode(this.config.SECRET_KEY, { request: pending.id, sessionId, user: user.uuid }),
      // Applications are notified of a logout only under 2026.8.
      ...(isNewest && client.frontchannel_logout_uri !== undefined && { signs_in: client.client_id }),
    };
  }

  /**
   * Starts or continues the flow, and runs it up to its first challenge. If a concurrent request of the session has
   * ended the plan, runs the flow again, as a reload of the page would: the new plan issues the same code.
   */
  private async run(exchange: HttpExchange, found: Pending, options: FlowStartOptions): Promise<FlowResult> {
    for (let run = 1; ; run++) {
      try {
        return await this.runOnce(exchange, found, options);
      } catch (error) {
        if (!(error instanceof LostRaceProblem) || run === MAX_RUNS) throw error;
      }
    }
  }

  private async runOnce(exchange: HttpExchange, { client, pending }: Pending, options: FlowStartOptions) {
    const query = languageOf(pending);
    const params = { slug: client.flow, crossSite: crossSiteOf(exchange.request) };
    const begun = { ...params, query: { ...query, next: addressOf(exchange.request) } };
    const id = await this.flowService.begin(exchange, begun, options);
    const {
      result,
      planId = id,
      cookie,
    } = await this.flowService.enter(exchange, { ...params, query, answer: undefined });
    if (planId === id) return result;
    // A concurrent request has ended the plan meanwhile, so this request has run the flow without the step that issues
    // the code. If that run has changed the session key, only the browser can try again.
    throw cookie ? new Problem('not_found', { detail: UNKNOWN }) : new LostRaceProblem();
  }

  private async after(result: FlowResult, { client, pending }: Pending, user: Identity): Promise<string> {
    if (result.type === 'done') return result.to;
    if (result.type === 'problem') throw result.problem;
    if (result.type === 'denied') return this.refuse(pending, 'access_denied');
    if (!pending.prompts.includes('none')) {
      const query = { ...languageOf(pending), ...inspectorQuery(user, this.config.API_VERSION) };
      return withQuery(`/if/flow/${client.flow}/`, query);
    }
    const isConsent = result.contract.kind === 'consent';
    return this.refuse(pending, isConsent ? 'consent_required' : 'interaction_required');
  }

  /** Ends the request. Returns the client's redirect URI with the error. */
  private async refuse(pending: PendingAuthorization, error: AuthorizationError): Promise<string> {
    await this.grants.refuse(pending.id);
    return errorRedirect(pending, error);
  }
}

interface Query {
  readonly client_id?: unknown;
  readonly request_uri?: unknown;
  readonly [ASKED]?: unknown;
}

/** Returns the reference in a `request_uri`; undefined if it is malformed. */
function referenceOf(uri: unknown): string | undefined {
  if (typeof uri !== 'string' || !uri.startsWith(REQUEST_URI_PREFIX)) return undefined;
  const reference = uri.slice(REQUEST_URI_PREFIX.length);
  return reference !== '' && reference.length <= MAX_DEVICE_SECRET_LENGTH ? reference : undefined;
}

/**
 * Returns whether the client may still use the application and the redirect URI of its request. Blueprints may have
 * changed both since.
 */
const isCurrent = ({ application, redirect_uris }: OauthClient, pending: PendingAuthorization): boolean =>
  pending.application === application.uuid && redirect_uris.includes(pending.redirect_uri);

/** Returns the address of this request, without parameters that other sites may have added. */
function addressOf({ query }: FastifyRequest, asked?: string): string {
  const { client_id, request_uri } = query as Query;
  const kept = { client_id: String(client_id), request_uri: String(request_uri) };
  return `/application/o/authorize/?${new URLSearchParams({ ...kept, ...(asked !== undefined && { [ASKED]: asked }) }).toString()}`;
}

/** Returns the login requirement of the request. */
const requirementOf = ({
  acr_values,
  max_age,
  prompts,
  created_at: madeAt,
}: PendingAuthorization): LoginRequirement => ({
  ...{ acr_values, max_age, madeAt },
  again: prompts.includes('login') || prompts.includes('select_account'),
});

/** Why a login does not satisfy a request: it is not the login of the hinted user, or it is too old or too weak. */
type Shortfall = 'user' | NonNullable<ReturnType<typeof loginShortfall>>;

/** Returns why a login does not satisfy a request; undefined if it does. */
const shortfallOf = ({ principal, login }: LoggedIn, pending: PendingAuthorization): Shortfall | undefined =>
  pending.hinted_user !== undefined && pending.hinted_user !== principal.user.uuid
    ? 'user'
    : loginShortfall(login, requirementOf(pending), Date.now() / 1000);

/** Returns the query parameter with which pages use the language of the request. */
const languageOf = ({ ui_locale }: PendingAuthorization): Record<string, string> =>
  ui_locale === undefined ? {} : { [UI_LOCALES]: ui_locale };
