import { NON_FIELD_ERRORS, Problem } from '@gatehouse/contracts';
import { BrandStore, toSavedUser } from '@gatehouse/executor';
import { RequestEventRecorder } from '@gatehouse/outbox';
import { Sealer } from '@gatehouse/platform';
import { Body, Controller, HttpCode, HttpStatus, Inject, Param, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { link } from '../flows/account-lockdown.dto.js';
import { FlowRequestReader } from '../flows/flow-request.reader.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { CurrentPrincipal } from '../http/auth/auth.guard.js';
import type { Principal } from '../http/auth/auth.service.js';
import { CsrfGuard } from '../http/auth/csrf.guard.js';
import { RecentLoginService } from '../http/auth/recent-login.service.js';
import { SuperuserGuard } from '../http/auth/superuser.guard.js';
import { EventFactsReader } from '../http/event-facts.reader.js';
import { parsePk } from '../http/identifiers.js';
import { ApiEndpoint, genericError, validationError } from '../http/openapi/api-endpoint.decorator.js';
import { InvalidFieldsError, parseBody } from '../http/zod-body.pipe.js';
import { type AuthenticatedUser, UserRepository } from '../users/user.repository.js';
import { recoveryLinkRequest } from './recovery-link.dto.js';
import { RecoveryLinkService } from './recovery-link.service.js';

/** Creates links with which users recover their accounts, for superusers (docs/spec/http.md#recovery-links). */
@Controller('/api/v3/core/users')
export class RecoveryLinksController {
  constructor(
    @Inject(RecoveryLinkService) private readonly links: RecoveryLinkService,
    @Inject(FlowRequestReader) private readonly reader: FlowRequestReader,
    @Inject(BrandStore) private readonly brands: BrandStore,
    @Inject(UserRepository) private readonly users: UserRepository,
    @Inject(RecentLoginService) private readonly recentLogin: RecentLoginService,
    @Inject(EventFactsReader) private readonly eventFacts: EventFactsReader,
    @Inject(Sealer) private readonly sealer: Sealer,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'API_VERSION'>,
  ) {}

  @ApiEndpoint({
    id: 'core_users_recovery_create',
    description: 'Creates a link with which a user can recover the account. It can be used once.',
    tag: 'core',
    body: recoveryLinkRequest,
    answers: { 200: link, 400: validationError, 404: genericError },
  })
  @Post(':id/recovery/')
  @HttpCode(HttpStatus.OK)
  @UseGuards(CsrfGuard, SuperuserGuard)
  async create(
    @Param('id') id: string,
    @Body() body: unknown,
    @CurrentPrincipal() principal: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.input<typeof link>> {
    const user = toSavedUser(await this.targetOf(id, principal));
    const { token_duration: duration } =
      this.config.API_VERSION === '2024.8' ? {} : parseBody(body ?? {}, recoveryLinkRequest);
    const slug = (await this.brands.find(request.host)).flowsByPurpose.recovery;
    if (slug === undefined) throw new InvalidFieldsError({ [NON_FIELD_ERRORS]: [{ text: 'No recovery flow set.' }] });
    const params = { slug, query: {}, answer: undefined, crossSite: undefined };
    const flowRequest = await this.reader.read({ request, reply }, params);
    const events = new RequestEventRecorder(await this.eventFacts.read(request, principal), this.sealer);
    return { link: await this.links.create(flowRequest, { user, duration, events }) };
  }

  /**
   * Returns the user of an address. Throws `not_found`. For a superuser, throws `proof_required` without a recent login:
   * neither an API token nor an abandoned session may become a login as a superuser (docs/adr/0114).
   */
  private async targetOf(id: string, principal: Principal): Promise<AuthenticatedUser> {
    const pk = parsePk(id);
    const target = pk === undefined ? undefined : await this.users.find(pk);
    if (!target) throw new Problem('not_found');
    if (target.is_superuser) await this.recentLogin.require(principal);
    return target;
  }
}
