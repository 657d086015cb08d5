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
import { AuthService } from '../http/auth/auth.service.js';
import { ClientResolver } from '../http/client-info.js';
import { crossSiteOf } from '../http/cross-site.js';
import type { HttpExchange } from '../http/exchange.js';
import { localeFor } from '../http/locale.js';
import { AccessDeniedPage } from '../http/pages/access-denied.page.js';
import { parseInnerQuery } from '../http/query.js';
import { FILE_ROUTE } from '../http/routing.hooks.js';
import { isRefusal } from './device-authorization.service.js';
import { UserCodeVerifier } from './user-code.verifier.js';

const WRONG_CODE = sentence('Invalid code');

/** Who comes with a code, or for one to be asked for. */
interface DeviceVisit {
  readonly exchange: HttpExchange;
  readonly user: Identity;
  readonly brand: HostBrand;
  readonly query: Readonly<Record<string, string>>;
  readonly translate: Translate;
}

/** Where a device sends people: with its code in a link, or to type it (docs/spec/device-codes.md#entering). */
@Controller('/device')
export class DevicePageController {
  constructor(
    @Inject(AuthService) private readonly principals: AuthService,
    @Inject(BrandStore) private readonly brands: BrandStore,
    @Inject(ClientResolver) private readonly clients: ClientResolver,
    @Inject(FlowService) private readonly door: FlowService,
    @Inject(UserCodeVerifier) private readonly guesses: UserCodeVerifier,
    @Inject(AccessDeniedPage) private readonly denied: AccessDeniedPage,
  ) {}

  /**
   * Begins the flow that decides about the code, or the one that asks for it. Anonymous visitors log in first. Throws
   * `proof_required` for an API token: the access of a device would outlive the token.
   */
  @Get('')
  @RouteConfig(FILE_ROUTE)
  async enter(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const exchange = { request, reply };
    const principal = await this.principals.find(exchange);
    if (!principal) return reply.redirect(loginFor(request.url), 302);
    if (principal.byToken) throw new Problem('proof_required', { detail: NO_AUTHORIZATION });
    const brand = await this.brands.find(request.host);
    if (!brand.flows.device_code) throw new Problem('not_found');
    const { user } = principal;
    const query = queryIn(request.url);
    const translate = translator(localeFor(request, { user, brand }));
    const visit = { exchange, user, brand, query, translate };
    try {
      const slug = await (query['code'] ? this.decide(visit, query['code']) : this.ask(visit));
      return reply.redirect(`/if/flow/${slug}/${queryOf(query)}`, 302);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      const why = translate(error.detail.text, error.detail.params);
      return this.denied.send(exchange, { user, brand, why, again: '/device' });
    }
  }

  /** The flow in which somebody decides about the device whose code they have. */
  private async decide({ exchange, user, query, translate }: DeviceVisit, code: string): Promise<string> {
    const { ip } = await this.clients.of(exchange.request);
    const claimed = await this.guesses.claim(code, toSavedUser(user), ip);
    if (!claimed) throw new Problem('permission_denied', { detail: WRONG_CODE });
    return this.door.authorize(
      exchange,
      { query, crossSite: crossSiteOf(exchange.request) },
      { claimed, visitor: user, translate },
    );
  }

  /** The brand's flow, which ends with asking for the code. */
  private async ask({ exchange, user, brand, query }: DeviceVisit): Promise<string> {
    const slug = brand.flows.device_code!;
    const insert = { where: 'last' as const, steps: [{ kind: DEVICE_CODE_KIND, config: {} }] };
    const asked = { slug, query, crossSite: crossSiteOf(exchange.request) };
    await this.door.begin(exchange, asked, { ...startForUser(user), insert }).catch(asNotFound);
    return slug;
  }
}

/** A flow that is not for somebody is none that can ask them. */
function asNotFound(error: unknown): never {
  throw error instanceof Problem && error.code === 'flow_not_applicable' ? new Problem('not_found') : error;
}

/** A `next` that leads elsewhere is dropped: once a device is let in, nobody reads of a refusal. */
function queryIn(url: string): DeviceVisit['query'] {
  const { next = '', ...rest } = parseInnerQuery(url.split('?').slice(1).join('?'));
  return isLocalPath(next) ? { ...rest, next } : rest;
}

const queryOf = (query: Readonly<Record<string, string>>) => {
  const text = new URLSearchParams(query).toString();
  return text && `?${text}`;
};

const loginFor = (address: string) => `/flows/-/default/authentication/?next=${encodeURIComponent(address)}`;
