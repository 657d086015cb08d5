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
  Req,
  Res,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiEndpoint } from '../http/openapi/api-endpoint.decorator.js';
import { pageQuery, paginated, parsePage, toSlice } from '../http/pagination.js';
import { genericError, validationError } from '../http/problem.bodies.js';
import { sendFieldErrors } from '../http/refused-fields.js';
import { invitation, invitationRequest, invitations, patchedInvitationRequest } from './invitation.dto.js';
import { InvitationsPresenter } from './invitation.presenter.js';
import { invitationQuery, parseInvitationQuery } from './invitation.query.js';
import { InvitationService } from './invitation.service.js';

/** Invitations, for superusers (docs/spec/directory.md#invitations). */
@Controller('/api/v3/stages/invitation/invitations')
export class InvitationsController {
  constructor(
    @Inject(InvitationService) private readonly desk: InvitationService,
    @Inject(InvitationRepository) private readonly invitations: InvitationRepository,
    @Inject(InvitationsPresenter) private readonly presenter: InvitationsPresenter,
  ) {}

  @ApiEndpoint({
    id: 'stages_invitation_invitations_list',
    description: 'The invitations that there are, those that last longest first.',
    tag: 'stages',
    query: { ...invitationQuery, ...pageQuery },
    answers: { 200: invitations, 400: validationError, 404: genericError },
  })
  @Get('')
  async list(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const page = parsePage(request);
    await this.desk.admit({ request, reply });
    const asked = parseInvitationQuery(request.query);
    if (!asked.success) return sendFieldErrors(reply, fieldErrors(asked.error));
    const filter = await this.desk.filterOf(asked.data);
    const found = await this.invitations.list(filter, { ...toSlice(page), order: asked.data.ordering });
    return paginated(page, await this.invitations.count(filter), await this.presenter.present(found));
  }

  /** Lasts a day unless it says something else. */
  @ApiEndpoint({
    id: 'stages_invitation_invitations_create',
    description: 'Makes an invitation. Its address is that of a flow, with `?itoken=` and its `pk`.',
    tag: 'stages',
    body: invitationRequest,
    answers: { 201: invitation, 400: validationError },
  })
  @Post('')
  async create(@Body() body: unknown, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const { user } = await this.desk.admitForChange({ request, reply });
    const read = await this.desk.read(body, invitationRequest);
    if ('errors' in read) return sendFieldErrors(reply, read.errors);
    reply.status(HttpStatus.CREATED);
    return this.presenter.presentOne(await this.invitations.create({ ...read.fields, by: user.uuid }));
  }

  @ApiEndpoint({
    id: 'stages_invitation_invitations_retrieve',
    description: 'One invitation.',
    tag: 'stages',
    answers: { 200: invitation, 404: genericError },
  })
  @Get(':uuid/')
  async retrieve(
    @Param('uuid') uuid: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    await this.desk.admit({ request, reply });
    return this.presenter.presentOne(await this.desk.load(uuid));
  }

  @ApiEndpoint({
    id: 'stages_invitation_invitations_update',
    description: 'Changes an invitation; what is left out stays.',
    tag: 'stages',
    body: invitationRequest,
    answers: { 200: invitation, 400: validationError, 404: genericError },
  })
  @Put(':uuid/')
  async update(
    @Param('uuid') uuid: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    await this.desk.admitForChange({ request, reply });
    const changed = await this.desk.change(uuid, body, invitationRequest);
    return 'errors' in changed ? sendFieldErrors(reply, changed.errors) : this.presenter.presentOne(changed);
  }

  @ApiEndpoint({
    id: 'stages_invitation_invitations_partial_update',
    description: 'Changes what it says of an invitation.',
    tag: 'stages',
    body: patchedInvitationRequest,
    answers: { 200: invitation, 400: validationError, 404: genericError },
  })
  @Patch(':uuid/')
  async patch(
    @Param('uuid') uuid: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    await this.desk.admitForChange({ request, reply });
    const changed = await this.desk.change(uuid, body, patchedInvitationRequest);
    return 'errors' in changed ? sendFieldErrors(reply, changed.errors) : this.presenter.presentOne(changed);
  }

  @ApiEndpoint({
    id: 'stages_invitation_invitations_destroy',
    description: 'Takes an invitation back.',
    tag: 'stages',
    answers: { 204: null, 404: genericError },
  })
  @Delete(':uuid/')
  @HttpCode(HttpStatus.NO_CONTENT)
  async remove(
    @Param('uuid') uuid: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    await this.desk.admitForChange({ request, reply });
    await this.desk.remove(uuid);
  }
}
