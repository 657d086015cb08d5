import { Problem, sentence } from '@gatehouse/contracts';
import { BrandStore, FlowStore, PlanStore, StageContractRegistry, startForUser } from '@gatehouse/executor';
import { Controller, Get, Inject, Param, Redirect, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AuthService } from '../http/auth/auth.service.js';
import { CROSS_SITE, crossSiteOf, isCrossSite } from '../http/cross-site.js';
import { parseInnerQuery, rejectCredentialsInQuery } from '../http/query.js';
import { SessionCookies } from '../http/session.cookie.js';
import { DeviceGrants } from '../oauth/device-grants.js';
import { FlowService } from './flow.service.js';

/** The purposes that have an address of their own. */
const DEFAULT_PURPOSES = ['authentication', 'invalidation'] as const;
const isDefault = (designation: string): designation is (typeof DEFAULT_PURPOSES)[number] =>
  (DEFAULT_PURPOSES as readonly string[]).includes(designation);

const LOGOUT = '/flows/-/default/invalidation/';

/** Addresses that stand for whatever flow serves a purpose (docs/spec/executor.md#helper-addresses). */
@Controller('/flows/-')
export class FlowRedirectsController {
  constructor(
    @Inject(FlowStore) private readonly flows: FlowStore,
    @Inject(BrandStore) private readonly brands: BrandStore,
    @Inject(PlanStore) private readonly plans: PlanStore,
    @Inject(AuthService) private readonly principals: AuthService,
    @Inject(StageContractRegistry) private readonly contracts: StageContractRegistry,
    @Inject(FlowService) private readonly door: FlowService,
    @Inject(DeviceGrants) private readonly grants: DeviceGrants,
    @Inject(SessionCookies) private readonly cookies: SessionCookies,
  ) {}

  /**
   * Leads to the brand's flow for the designation, else to the first of it; the query goes along. Whether the flow is for whoever is here now is for
   * the flow to say: somebody who is logged in already reads that there, and not that there is no such address.
   */
  @Get('default/:designation/')
  @Redirect()
  async default(@Param('designation') designation: string, @Req() request: FastifyRequest) {
    const query = this.queryOf(request);
    const slug = isDefault(designation) ? (await this.brands.find(request.host)).serving[designation] : undefined;
    if (!slug)
      throw new Problem('not_found', { detail: sentence('There is no flow for {designation}.', { designation }) });
    return flowPageRedirect(slug, query);
  }

  /**
   * Drops every plan of the session, so no device that waits for one is let in. Leads to the flow that logs out, as clients
   * expect of "Not you?". A navigation from another site drops nothing, and that flow asks before it logs out.
   */
  @Get('cancel/')
  @Redirect(LOGOUT, 302)
  async cancel(@Req() request: FastifyRequest) {
    if (isCrossSite(request)) return { url: `${LOGOUT}?${CROSS_SITE}=1`, statusCode: 302 };
    const key = await this.cookies.keyOf(request);
    const user = key && (await this.plans.cancel(key));
    // A device that is not told learns it when its code expires.
    if (user) await this.grants.refuse(user).catch(ignoreProblem);
    return undefined;
  }

  /** Begins the flow by which users set up a stage for themselves, about whoever is logged in; strangers log in first. */
  @Get('configure/:stage/')
  @Redirect()
  async configure(
    @Param('stage') stage: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const query = this.queryOf(request);
    const principal = await this.principals.find({ request, reply });
    if (!principal) return loginRedirect(request.url);
    const slug = z.uuid().safeParse(stage).success ? await this.flows.findConfiguring(stage.toLowerCase()) : undefined;
    if (!slug) throw new Problem('not_found');
    const begun = { slug, query: parseInnerQuery(query), crossSite: crossSiteOf(request) };
    await this.door.begin({ request, reply }, begun, startForUser(principal.user)).catch(asNotFound);
    return flowPageRedirect(slug, query);
  }

  /** The request's own query, written anew. Throws credentials_in_query. */
  private queryOf({ url }: FastifyRequest): string {
    const asked = new URLSearchParams(url.split('?').slice(1).join('?'));
    rejectCredentialsInQuery((field) => this.contracts.isSecret(field), Object.fromEntries(asked));
    return asked.toString();
  }
}

function ignoreProblem(error: unknown): void {
  if (!(error instanceof Problem)) throw error;
}

/** A stage whose flow is not for the user is none that they can configure. */
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
