import { fieldErrors, Problem } from '@gatehouse/contracts';
import { type Invitation, Invitations } from '@gatehouse/directory';
import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Inject, Param, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { Flows } from '../execution/flows.js';
import type { Exchange } from './exchange.js';
import { invitation, invitationRequest, invitations } from './invitations.bodies.js';
import { Described } from './openapi/operation.js';
import { pageOf, pageQuery, paginated, sliceOf } from './pagination.js';
import { type Principal, Principals } from './principal.js';
import { genericError, validationError } from './problem.bodies.js';
import { refused } from './refused-fields.js';
import { isUuid } from './uuid.js';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Invitations, for superusers (02-stages §14.1). */
@Controller('/api/v3/stages/invitation/invitations')
export class InvitationsController {
  constructor(
    @Inject(Principals) private readonly principals: Principals,
    @Inject(Invitations) private readonly invitations: Invitations,
    @Inject(Flows) private readonly flows: Flows,
  ) {}

  @Described({
    id: 'stages_invitation_invitations_list',
    description: 'The invitations that there are, the newest first.',
    tag: 'stages',
    query: pageQuery,
    answers: { 200: invitations, 404: genericError },
  })
  @Get('')
  async list(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const page = pageOf(request);
    administrator(await this.principals.load({ request, reply }));
    const found = await this.invitations.list(sliceOf(page));
    return paginated(page, await this.invitations.count(), found.map(present));
  }

  /** Lasts a day unless it says something else. */
  @Described({
    id: 'stages_invitation_invitations_create',
    description: 'Makes an invitation. Its address is that of a flow, with `?itoken=` and its `pk`.',
    tag: 'stages',
    body: invitationRequest,
    answers: { 201: invitation, 400: validationError },
  })
  @Post('')
  async create(@Body() body: unknown, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const { user } = await this.administratorOf({ request, reply });
    const parsed = invitationRequest.safeParse(body);
    if (!parsed.success) return refused(reply, fieldErrors(parsed.error));
    const { name, expires, fixed_data = {}, single_use = false, flow = null } = parsed.data;
    if (flow !== null && !(await this.flows.exists(flow))) return refused(reply, { flow: [noObject(flow)] });
    const until = new Date(expires ?? Date.now() + DAY_MS);
    const draft = { name, expires: until, fixed_data, single_use, flow, by: user.uuid };
    reply.status(HttpStatus.CREATED);
    return present(await this.invitations.create(draft));
  }

  @Described({
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
    await this.administratorOf({ request, reply });
    if (!isUuid(uuid) || !(await this.invitations.remove(uuid))) throw new Problem('not_found');
  }

  private async administratorOf(exchange: Exchange): Promise<Principal> {
    return administrator(await this.principals.loadForChange(exchange));
  }
}

function administrator(principal: Principal): Principal {
  if (!principal.user.is_superuser) throw new Problem('permission_denied');
  return principal;
}

const noObject = (pk: string) => ({ text: `Invalid pk "${pk}" - object does not exist.` });

const present = ({ expires, ...rest }: Invitation): z.input<typeof invitation> => ({
  ...rest,
  fixed_data: { ...rest.fixed_data },
  expires: expires?.toISOString() ?? null,
});
