import { NON_FIELD_ERRORS, Problem, type SavedUser } from '@gatehouse/contracts';
import { BrandStore, type FlowRequest, toSavedUser } from '@gatehouse/executor';
import { RequestEventRecorder } from '@gatehouse/outbox';
import { Sealer } from '@gatehouse/platform';
import {
  Body,
  Controller,
  HttpCode,
  HttpStatus,
  Inject,
  Param,
  Post,
  Query,
  Req,
  Res,
  UseGuards,
} from '@nestjs/common';
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
import type { HttpExchange } from '../http/exchange.js';
import { parsePk } from '../http/identifiers.js';
import { ApiEndpoint, genericError, validationError } from '../http/openapi/api-endpoint.decorator.js';
import { lastValue } from '../http/query.js';
import { InvalidFieldsError, parseBody } from '../http/zod-body.pipe.js';
import { UserRepository } from '../users/user.repository.js';
import { recoveryLinkRequest, recoveryMailQuery, recoveryMailRequest } from './recovery-link.dto.js';
import { RecoveryLinkService } from './recovery-link.service.js';
import { RecoveryMailService } from './recovery-mail.service.js';

/** Creates and mails links with which users recover their accounts, for superusers (docs/spec/http.md#recovery-links). */
@Controller('/api/v3/core/users')
export class RecoveryLinksController {
  constructor(
    @Inject(RecoveryLinkService) private readonly links: RecoveryLinkService,
    @Inject(RecoveryMailService) private readonly mails: RecoveryMailService,
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
    const user = await this.targetOf(id, principal);
    const { token_duration: duration } = this.isOfOlderLine() ? {} : parseBody(body ?? {}, recoveryLinkRequest);
    const flowRequest = await this.flowRequestOf({ request, reply });
    const events = await this.recorderOf(request, principal);
    return { link: await this.links.create(flowRequest, { user, duration, events }) };
  }

  @ApiEndpoint({
    id: 'core_users_recovery_email_create',
    description: 'Mails a user a link with which the user can recover the account. It can be used once.',
    tag: 'core',
    query: recoveryMailQuery,
    body: recoveryMailRequest,
    answers: { 204: null, 400: validationError, 404: genericError },
  })
  @Post(':id/recovery_email/')
  @HttpCode(HttpStatus.NO_CONTENT)
  @UseGuards(CsrfGuard, SuperuserGuard)
  async createMail(
    @Param('id') id: string,
    @Query('email_stage') stageInQuery: unknown,
    @Body() body: unknown,
    @CurrentPrincipal() principal: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const user = await this.targetOf(id, principal);
    const { email_stage: stageId, token_duration: duration } = this.isOfOlderLine()
      ? { email_stage: lastValue(stageInQuery) }
      : parseBody(body ?? {}, recoveryMailRequest);
    if (user.email === '') throw refusal('User does not have an email address set.');
    const flowRequest = await this.flowRequestOf({ request, reply });
    const recorder = await this.recorderOf(request, principal);
    await this.mails.send(flowRequest, { user, stageId, duration, recorder });
  }

  /** Whether API_VERSION is 2024.8, in which these requests have no body. */
  private isOfOlderLine(): boolean {
    return this.config.API_VERSION === '2024.8';
  }

  /** Returns the request for the recovery flow of the brand. Throws InvalidFieldsError if there is none. */
  private async flowRequestOf(exchange: HttpExchange): Promise<FlowRequest> {
    const slug = (await this.brands.find(exchange.request.host)).flowsByPurpose.recovery;
    if (slug === undefined) throw refusal('No recovery flow set.');
    return this.reader.read(exchange, { slug, query: {}, answer: undefined, crossSite: undefined });
  }

  private async recorderOf(request: FastifyRequest, principal: Principal): Promise<RequestEventRecorder> {
    return new RequestEventRecorder(await this.eventFacts.read(request, principal), this.sealer);
  }

  /**
   * Returns the user whose id is in a URL. Throws `not_found`. If that user is a superuser, throws `proof_required`
   * without a recent login of the caller: neither an API token nor an abandoned session may be enough to log in as a
   * superuser (docs/adr/0114).
   */
  private async targetOf(id: string, principal: Principal): Promise<SavedUser> {
    const pk = parsePk(id);
    const target = pk === undefined ? undefined : await this.users.find(pk);
    if (!target) throw new Problem('not_found');
    if (target.is_superuser) await this.recentLogin.require(principal);
    return toSavedUser(target);
  }
}

const refusal = (text: string) => new InvalidFieldsError({ [NON_FIELD_ERRORS]: [{ text }] });
