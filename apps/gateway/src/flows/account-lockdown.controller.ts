import { NON_FIELD_ERRORS, Problem } from '@gatehouse/contracts';
import { BrandStore, toSavedUser } from '@gatehouse/executor';
import { Body, Controller, HttpCode, HttpStatus, Inject, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { CurrentPrincipal } from '../http/auth/auth.guard.js';
import type { Principal } from '../http/auth/auth.service.js';
import { CsrfGuard } from '../http/auth/csrf.guard.js';
import { crossSiteOf } from '../http/cross-site-request.js';
import { ApiEndpoint, validationError } from '../http/openapi/api-endpoint.decorator.js';
import { InvalidFieldsError, ZodBodyPipe } from '../http/zod-body.pipe.js';
import { type AuthenticatedUser, UserRepository } from '../users/user.repository.js';
import { accountLockdownRequest, link } from './account-lockdown.dto.js';
import { FlowService } from './flow.service.js';

/** Starts the flow in which a user or a superuser locks an account (docs/spec/http.md#account-lockdown). */
@Controller('/api/v3/core/users')
export class AccountLockdownController {
  constructor(
    @Inject(FlowService) private readonly flows: FlowService,
    @Inject(BrandStore) private readonly brands: BrandStore,
    @Inject(UserRepository) private readonly users: UserRepository,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'BASE_URL'>,
  ) {}

  @ApiEndpoint({
    id: 'core_users_account_lockdown_create',
    description: 'Starts the flow that locks an account, and returns its address.',
    tag: 'core',
    since: '2026.8',
    body: accountLockdownRequest,
    answers: { 200: link, 400: validationError },
  })
  @Post('account_lockdown/')
  @HttpCode(HttpStatus.OK)
  @UseGuards(CsrfGuard)
  async start(
    @Body(new ZodBodyPipe(accountLockdownRequest)) { user: pk }: z.output<typeof accountLockdownRequest>,
    @CurrentPrincipal() { user: caller }: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.input<typeof link>> {
    const target = await this.targetOf(pk ?? caller.pk, caller);
    const slug = (await this.brands.find(request.host)).newer_flows?.lockdown;
    if (slug === undefined) throw refused('No lockdown flow configured.');
    const params = { slug, query: {}, crossSite: crossSiteOf(request) };
    const options = { visitor: caller, context: { pending_user: toSavedUser(target) } };
    await this.flows.begin({ request, reply }, params, options).catch(asRefusal);
    return { link: new URL(`/if/flow/${slug}/`, this.config.BASE_URL).href };
  }

  /** Returns the user to lock. Throws `permission_denied` if the caller may not change that user. */
  private async targetOf(pk: number, caller: AuthenticatedUser): Promise<AuthenticatedUser> {
    if (pk === caller.pk) return caller;
    if (!caller.is_superuser) throw new Problem('permission_denied');
    const target = await this.users.find(pk);
    if (!target) throw new InvalidFieldsError({ user: [{ text: `Invalid pk "${pk}" - object does not exist.` }] });
    return target;
  }
}

const refused = (text: string) => new InvalidFieldsError({ [NON_FIELD_ERRORS]: [{ text }] });

/**
 * Rethrows an error. For a flow that does not exist, or does not admit the caller, throws a field error of the request
 * instead.
 */
function asRefusal(error: unknown): never {
  const isRefusal = error instanceof Problem && (error.code === 'flow_not_applicable' || error.code === 'not_found');
  throw isRefusal ? refused('Lockdown flow is not applicable.') : error;
}
