import { AUTHORIZATION_CODE_KIND, DEVICE_CODE_FINISH_KIND, Problem, sentence } from '@gatehouse/contracts';
import {
  BrandStore,
  type CancelledPlan,
  FlowStore,
  PlanStore,
  StageContractRegistry,
  startForUser,
} from '@gatehouse/executor';
import type { Plan } from '@gatehouse/plan';
import { Controller, Get, Inject, Param, Redirect, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Public } from '../http/auth/auth.guard.js';
import { AuthService } from '../http/auth/auth.service.js';
import { CROSS_SITE, crossSiteOf, isCrossSite } from '../http/cross-site-request.js';
import type { HttpExchange } from '../http/exchange.js';
import { parseInnerQuery, queryTextIn, rejectCredentialsInQuery } from '../http/query.js';
import { SessionCookieService } from '../http/session-cookie.service.js';
import { AuthorizationGrantClient } from '../oauth/authorization-grant.client.js';
import { DeviceGrantClient } from '../oauth/device-grant.client.js';
import { errorRedirect } from '../oauth/oauth-responses.js';
import { ApplicationLoginService } from './application-login.service.js';
import { cancelDestination, refererPage } from './cancel-destination.js';
import { FlowService } from './flow.service.js';

/** The designations for which `/flows/-/default/<designation>/` redirects to a flow. */
const DEFAULT_PURPOSES = ['authentication', 'invalidation'] as const;
const isDefault = (designation: string): designation is (typeof DEFAULT_PURPOSES)[number] =>
  (DEFAULT_PURPOSES as readonly string[]).includes(designation);

const LOGOUT = '/flows/-/default/invalidation/';
/**
 * Query parameter of the link with which a user refuses the request of an application or device, and stays logged in.
 */
const STAY = 'stay';
/** The result of cancelling without a session. */
const NOTHING_CANCELLED = { user: undefined, cancelled: undefined };

/**
 * Redirects to the flow of a designation or of a stage (docs/spec/executor.md#helper-addresses). Only the route
 * `configure` needs a user. The route refuses a secret in the query before it looks the user up.
 */
@Public()
@Controller('/flows/-')
export class FlowRedirectsController {
  constructor(
    @Inject(FlowStore) private readonly flows: FlowStore,
    @Inject(BrandStore) private readonly brands: BrandStore,
    @Inject(PlanStore) private readonly plans: PlanStore,
    @Inject(AuthService) private readonly auth: AuthService,
    @Inject(StageContractRegistry) private readonly contracts: StageContractRegistry,
    @Inject(FlowService) private readonly flowService: FlowService,
    @Inject(ApplicationLoginService) private readonly logins: ApplicationLoginService,
    @Inject(DeviceGrantClient) private readonly grants: DeviceGrantClient,
    @Inject(AuthorizationGrantClient) private readonly authorizations: AuthorizationGrantClient,
    @Inject(SessionCookieService) private readonly cookies: SessionCookieService,
  ) {}

  /**
   * Redirects to the brand's flow of the designation, else to the first flow with that designation, and keeps the
   * query. Does not check whether the flow applies to this visitor: the page of the flow explains the refusal better
   * than a 404.
   */
  @Get('default/:designation/')
  @Redirect()
  async default(@Param('designation') designation: string, @Req() request: FastifyRequest) {
    const query = this.queryOf(request);
    const slug = isDefault(designation)
      ? (await this.brands.find(request.host)).flowsByPurpose[designation]
      : undefined;
    if (!slug)
      throw new Problem('not_found', { detail: sentence('There is no flow for {designation}.', { designation }) });
    return flowPageRedirect(slug, query);
  }

  /**
   * Deletes all plans of the session, and refuses the device of the plan that the visitor has left. Redirects to the
   * start of the plan's flow, with its `next`, and logs a user out first, as clients expect of the link "Not you?". A
   * user who refuses an application is redirected to that application. If the consent service is unavailable then, the
   * user gets 503 and can try again. A navigation from another site deletes nothing, and the logout flow then asks for
   * confirmation. The login for an application starts again for that application.
   */
  @Get('cancel/')
  @Redirect(LOGOUT, 302)
  async cancel(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    if (isCrossSite(request)) return { url: `${LOGOUT}?${CROSS_SITE}=1`, statusCode: 302 };
    const page = refererPage(request.headers.referer, request.host);
    const key = await this.cookies.keyOf(request);
    const stays = STAY in Object(request.query);
    // Must precede the deletion of the plans, so that the user can try again after an outage of the consent service.
    const client = key && stays ? await this.refuseAuthorization(key, page?.slug) : undefined;
    const { user, cancelled } = key ? await this.plans.deletePlans(key, page?.slug) : NOTHING_CANCELLED;
    // Ignores an outage of the consent service. During the outage the device gets no token, and its code soon expires.
    const claimed = uuidIn(cancelled?.plan, { kind: DEVICE_CODE_FINISH_KIND, field: 'claimed' });
    if (user && claimed) await this.grants.refuse(user, claimed).catch(ignoreProblem);
    if (client !== undefined) return { url: client, statusCode: 302 };
    const { invalidation: logout } = (await this.brands.find(request.host)).flowsByPurpose;
    const { next } = parseInnerQuery(queryTextIn(request.url));
    const visitor = { isLoggedIn: user !== undefined, stays };
    const url = cancelDestination({ page, cancelled, next, logout, ...visitor });
    return { url: user ? url : await this.again({ request, reply }, url, cancelled), statusCode: 302 };
  }

  /**
   * Starts the login again for the application of the plan that an anonymous visitor has cancelled, and returns the
   * address of its page. Returns `url` if that plan has no application.
   */
  private async again(exchange: HttpExchange, url: string, cancelled: CancelledPlan | undefined): Promise<string> {
    const { application } = cancelled?.plan.begun?.context ?? {};
    const [path, search = ''] = url.split('?');
    if (!application || path !== `/if/flow/${cancelled?.slug}/`) return url;
    const query = parseInnerQuery(search);
    // The redirect comes from this site, but the plan that it replaces may have been started by another site.
    const crossSite = CROSS_SITE in query ? ('new' as const) : undefined;
    return this.logins.begin(exchange, { application, slug: cancelled?.slug, query, crossSite });
  }

  /** Starts the flow in which users configure a stage for themselves. Anonymous visitors log in first. */
  @Get('configure/:stage/')
  @Redirect()
  async configure(
    @Param('stage') stage: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const query = this.queryOf(request);
    const principal = await this.auth.find({ request, reply });
    if (!principal) return loginRedirect(request.url);
    const slug = z.uuid().safeParse(stage).success
      ? await this.flows.findConfigureFlow(stage.toLowerCase())
      : undefined;
    if (!slug) throw new Problem('not_found');
    const params = { slug, query: parseInnerQuery(query), crossSite: crossSiteOf(request) };
    await this.flowService.begin({ request, reply }, params, startForUser(principal.user)).catch(asNotFound);
    return flowPageRedirect(slug, query);
  }

  /**
   * Refuses the authorization request in the plan of a flow, by default in the last saved plan. Returns the client's
   * address with the error; undefined if there is no request.
   */
  private async refuseAuthorization(key: Buffer, slug: string | undefined): Promise<string | undefined> {
    const left = slug ?? (await this.plans.listSlugs(key))[0];
    const loaded = left === undefined ? undefined : await this.plans.load(left, key);
    const id = uuidIn(loaded?.stored?.plan, { kind: AUTHORIZATION_CODE_KIND, field: 'request' });
    const refused = id && (await this.authorizations.refuse(id));
    return refused && errorRedirect(refused, 'access_denied');
  }

  /** Returns the query of the request in canonical form. Throws `credentials_in_query`. */
  private queryOf({ url }: FastifyRequest): string {
    const query = new URLSearchParams(queryTextIn(url));
    rejectCredentialsInQuery((field) => this.contracts.isSecretField(field), Object.fromEntries(query));
    return query.toString();
  }
}

/** Returns the id in the configuration of a step that the gateway has added to a plan. */
function uuidIn(plan: Plan | undefined, { kind, field }: { readonly kind: string; readonly field: string }) {
  const steps = plan?.begun?.insert?.steps ?? [];
  const step = steps.find((inserted) => 'kind' in inserted && inserted.kind === kind);
  return step && 'config' in step ? z.uuid().parse(step.config[field]) : undefined;
}

function ignoreProblem(error: unknown): void {
  if (!(error instanceof Problem)) throw error;
}

/** Throws `not_found` for a flow that does not apply to the user. Rethrows any other error. */
function asNotFound(error: unknown): never {
  throw error instanceof Problem && error.code === 'flow_not_applicable' ? new Problem('not_found') : error;
}

const flowPageRedirect = (slug: string, query: string) => ({
  url: `/if/flow/${slug}/${query ? `?${query}` : ''}`,
  statusCode: 302,
});

const loginRedirect = (address: string) => ({
  url: `/flows/-/default/authentication/?next=${encodeURIComponent(address)}`,
  statusCode: 302,
});
