import { DEVICE_CODE_KIND, isLocalPath, Problem, sentence, type Translate } from '@gatehouse/contracts';
import {
  BrandStore,
  type HostBrand,
  type Identity,
  NO_AUTHORIZATION,
  startForUser,
  toSavedUser,
} from '@gatehouse/executor';
import { translator } from '@gatehouse/texts';
import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { FlowService } from '../flows/flow.service.js';
import { inspectorQuery } from '../flows/inspector/inspection-permission.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { AllowAnonymous } from '../http/auth/auth.guard.js';
import { ClientResolver } from '../http/client.resolver.js';
import { crossSiteOf } from '../http/cross-site-request.js';
import type { HttpExchange } from '../http/exchange.js';
import { localeFor } from '../http/locale.js';
import { loginUrl } from '../http/login-url.js';
import { AccessDeniedPage } from '../http/pages/access-denied.page.js';
import { parseInnerQuery, withQuery } from '../http/query.js';
import { FILE_ROUTE } from '../http/routing.hooks.js';
import { isRefusal } from './device-authorization.service.js';
import { UserCodeVerifier } from './user-code.verifier.js';

const WRONG_CODE = sentence('Invalid code');
/** Reason (docs/adr/0061) of WRONG_CODE. The step in which users type a code uses the same reason. */
const WRONG_CODE_REASON = 'device_code_invalid';

/** A request of a logged-in user for the device page. */
interface DeviceVisit {
  readonly exchange: HttpExchange;
  readonly user: Identity;
  readonly brand: HostBrand;
  readonly query: Readonly<Record<string, string>>;
  readonly translate: Translate;
}

/** Entry page of the device code flow. The code comes from the link, or the user types it (docs/spec/device-codes.md#entering). */
@Controller('/device')
export class DevicePageController {
  constructor(
    @Inject(BrandStore) private readonly brands: BrandStore,
    @Inject(ClientResolver) private readonly clients: ClientResolver,
    @Inject(FlowService) private readonly flowService: FlowService,
    @Inject(UserCodeVerifier) private readonly verifier: UserCodeVerifier,
    @Inject(AccessDeniedPage) private readonly deniedPage: AccessDeniedPage,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'API_VERSION'>,
  ) {}

  /**
   * Redirects to the flow that approves the device with the code in the link. Without a code, redirects to the flow that
   * asks for it. Redirects anonymous visitors to the login. Throws `proof_required` for an API token, because the access of
   * the device would outlive the token.
   */
  @Get('')
  @AllowAnonymous()
  @RouteConfig(FILE_ROUTE)
  async enter(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const exchange = { request, reply };
    const { principal } = request;
    if (!principal) return reply.redirect(loginUrl(request.url), 302);
    if (principal.byToken) throw new Problem('proof_required', { detail: NO_AUTHORIZATION });
    const brand = await this.brands.find(request.host);
    if (!brand.flows.device_code) throw new Problem('not_found');
    const { user } = principal;
    const query = queryIn(request.url);
    const translate = translator(localeFor(request, { user, brand }));
    const visit = { exchange, user, brand, query, translate };
    try {
      const slug = await (query['code'] ? this.decide(visit, query['code']) : this.askForCode(visit));
      const inspector = inspectorQuery(user, this.config.API_VERSION);
      return reply.redirect(withQuery(`/if/flow/${slug}/`, { ...query, ...inspector }), 302);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      const message = translate(error.detail.text, error.detail.params);
      const reason = error.detail === WRONG_CODE ? WRONG_CODE_REASON : undefined;
      return this.deniedPage.send(exchange, { user, brand, message, reason, retryUrl: '/device' });
    }
  }

  /** Starts the flow in which the user approves or refuses the device with this code. Returns the slug of the flow. */
  private async decide({ exchange, user, query, translate }: DeviceVisit, code: string): Promise<string> {
    const { ip } = await this.clients.resolve(exchange.request);
    const claimed = await this.verifier.claim(code, toSavedUser(user), { ip, requestId: exchange.request.id });
    if (!claimed) throw new Problem('permission_denied', { detail: WRONG_CODE });
    return this.flowService.authorize(
      exchange,
      { query, crossSite: crossSiteOf(exchange.request) },
      { claimed, userCode: code, visitor: user, translate },
    );
  }

  /** Starts the device code flow of the brand, whose last step asks for the code. Returns the slug of the flow. */
  private async askForCode({ exchange, user, brand, query }: DeviceVisit): Promise<string> {
    const slug = brand.flows.device_code!;
    const insert = { where: 'last' as const, steps: [{ kind: DEVICE_CODE_KIND, config: {} }] };
    const params = { slug, query, crossSite: crossSiteOf(exchange.request) };
    await this.flowService.begin(exchange, params, { ...startForUser(user), insert }).catch(asNotFound);
    return slug;
  }
}

/** Throws `not_found` for a flow that does not apply to the user. Rethrows any other error. */
function asNotFound(error: unknown): never {
  throw error instanceof Problem && error.code === 'flow_not_applicable' ? new Problem('not_found') : error;
}

/**
 * Returns the query without a `next` that leads to another site, because the error of an invalid `next` would look like
 * a refused device.
 */
function queryIn(url: string): DeviceVisit['query'] {
  const { next = '', ...rest } = parseInnerQuery(url.split('?').slice(1).join('?'));
  return isLocalPath(next) ? { ...rest, next } : rest;
}
