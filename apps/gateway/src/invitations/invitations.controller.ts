import { fieldErrors } from '@gatehouse/contracts';
import { InvitationRepository } from '@gatehouse/directory';
import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  HttpStatus,
  Inject,
  Param,
  Patch,
  Post,
  Put,
  Query,
  Req,
  UseGuards,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { CurrentPrincipal } from '../http/auth/auth.guard.js';
import type { Principal } from '../http/auth/auth.service.js';
import { CsrfGuard } from '../http/auth/csrf.guard.js';
import { SuperuserGuard } from '../http/auth/superuser.guard.js';
import { EventFactsReader } from '../http/event-facts.reader.js';
import { ApiEndpoint, genericError, validationError } from '../http/openapi/api-endpoint.decorator.js';
import { Paginated, RequestedPage } from '../http/pagination.guard.js';
import { type Page, pageQuery, paginated, toSlice } from '../http/pagination.js';
import { InvalidFieldsError, ZodBodyPipe } from '../http/zod-body.pipe.js';
import { invitation, invitationRequest, invitations, patchedInvitationRequest } from './invitation.dto.js';
import { InvitationPresenter } from './invitation.presenter.js';
import { invitationQuery, parseInvitationQuery } from './invitation.query.js';
import { InvitationService } from './invitation.service.js';

/**
 * Invitations, for superusers (docs/spec/directory.md#invitations). Each route lists its guards in the order in which
 * they run: a forged request is refused before a caller without permission.
 */
@Controller('/api/v3/stages/invitation/invitations')
export class InvitationsController {
  constructor(
    @Inject(InvitationService) private readonly service: InvitationService,
    @Inject(InvitationRepository) private readonly invitations: InvitationRepository,
    @Inject(InvitationPresenter) private readonly presenter: InvitationPresenter,
    @Inject(EventFactsReader) private readonly eventFacts: EventFactsReader,
  ) {}

  @ApiEndpoint({
    id: 'stages_invitation_invitations_list',
    description: 'Lists the invitations, the latest expiry first.',
    tag: 'stages',
    query: { ...invitationQuery, ...pageQuery },
    answers: { 200: invitations, 400: validationError, 404: genericError },
  })
  @Get('')
  @Paginated()
  @UseGuards(SuperuserGuard)
  async list(@RequestedPage() page: Page, @Query() query: unknown, @Req() http: FastifyRequest) {
    const parsed = parseInvitationQuery(query);
    if (!parsed.success) throw new InvalidFieldsError(fieldErrors(parsed.error));
    const filter = await this.service.filterOf(parsed.data);
    const listed = await this.invitations.list(filter, { ...toSlice(page), order: parsed.data.ordering });
    return paginated(page, await this.invitations.count(filter), await this.presenter.presentAll(listed, http));
  }

  @ApiEndpoint({
    id: 'stages_invitation_invitations_create',
    description:
      'Creates an invitation. Its link is the URL of an enrollment flow with `?itoken=` and the `pk` of the invitation.',
    tag: 'stages',
    body: invitationRequest,
    answers: { 201: invitation, 400: validationError },
  })
  @Post('')
  @UseGuards(CsrfGuard, SuperuserGuard)
  async create(
    @Body(new ZodBodyPipe(invitationRequest)) request: z.output<typeof invitationRequest>,
    @CurrentPrincipal() principal: Principal,
    @Req() http: FastifyRequest,
  ) {
    const facts = await this.eventFacts.read(http, principal);
    return this.presenter.present(await this.service.create(request, principal.user.uuid, facts), http);
  }

  @ApiEndpoint({
    id: 'stages_invitation_invitations_retrieve',
    description: 'Returns one invitation.',
    tag: 'stages',
    answers: { 200: invitation, 404: genericError },
  })
  @Get(':uuid/')
  @UseGuards(SuperuserGuard)
  async retrieve(@Param('uuid') uuid: string, @Req() http: FastifyRequest) {
    return this.presenter.present(await this.service.load(uuid), http);
  }

  @ApiEndpoint({
    id: 'stages_invitation_invitations_update',
    description: 'Replaces an invitation. Omitted optional fields keep their values.',
    tag: 'stages',
    body: invitationRequest,
    answers: { 200: invitation, 400: validationError, 404: genericError },
  })
  @Put(':uuid/')
  @UseGuards(CsrfGuard, SuperuserGuard)
  async update(
    @Param('uuid') uuid: string,
    @Body() body: unknown,
    @CurrentPrincipal() principal: Principal,
    @Req() http: FastifyRequest,
  ) {
    const facts = await this.eventFacts.read(http, principal);
    return this.presenter.present(await this.service.change(uuid, { body, type: invitationRequest }, facts), http);
  }

  @ApiEndpoint({
    id: 'stages_invitation_invitations_partial_update',
    description: 'Updates the given fields of an invitation.',
    tag: 'stages',
    body: patchedInvitationRequest,
    answers: { 200: invitation, 400: validationError, 404: genericError },
  })
  @Patch(':uuid/')
  @UseGuards(CsrfGuard, SuperuserGuard)
  async patch(
    @Param('uuid') uuid: string,
    @Body() body: unknown,
    @CurrentPrincipal() principal: Principal,
    @Req() http: FastifyRequest,
  ) {
    const facts = await this.eventFacts.read(http, principal);
    return this.presenter.present(
      await this.service.change(uuid, { body, type: patchedInvitationRequest }, facts),
      http,
    );
  }

  @ApiEndpoint({
    id: 'stages_invitation_invitations_destroy',
    description: 'Deletes an invitation.',
    tag: 'stages',
    answers: { 204: null, 404: genericError },
  })
  @Delete(':uuid/')
  @HttpCode(HttpStatus.NO_CONTENT)
  @UseGuards(CsrfGuard, SuperuserGuard)
  async remove(
    @Param('uuid') uuid: string,
    @CurrentPrincipal() principal: Principal,
    @Req() http: FastifyRequest,
  ): Promise<void> {
    await this.service.remove(uuid, await this.eventFacts.read(http, principal));
  }
}
