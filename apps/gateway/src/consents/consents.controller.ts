import { Problem } from '@gatehouse/contracts';
import { Controller, Delete, Get, HttpCode, HttpStatus, Inject, Param, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { AuthService, type Principal } from '../http/auth/auth.service.js';
import { ClientResolver } from '../http/client-info.js';
import { parsePk } from '../http/identifiers.js';
import { ApiEndpoint } from '../http/openapi/api-endpoint.decorator.js';
import { pageQuery, paginated, parsePage, toSlice } from '../http/pagination.js';
import { genericError } from '../http/problem.bodies.js';
import { userUid } from '../http/uid.js';
import { AvatarService } from '../users/avatars/avatar.service.js';
import { ListOwnerResolver } from '../users/list-owner.resolver.js';
import { type UserConsent, userConsent, userConsentPage } from './consent.dto.js';
import { type ConsentRecord, Consents } from './consents.js';

/** What applications are allowed: everybody sees and takes back their own, a superuser everybody's. */
@Controller('/api/v3/core/user_consent')
export class ConsentsController {
  constructor(
    @Inject(AuthService) private readonly principals: AuthService,
    @Inject(Consents) private readonly consents: Consents,
    @Inject(ListOwnerResolver) private readonly owner: ListOwnerResolver,
    @Inject(ClientResolver) private readonly clients: ClientResolver,
    @Inject(AvatarService) private readonly avatars: AvatarService,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  @ApiEndpoint({
    id: 'core_user_consent_list',
    description: 'What applications are allowed, by application: by oneself, for a superuser by everybody.',
    tag: 'core',
    query: { user: z.int().optional().meta({ description: 'Those of this user, by pk.' }), ...pageQuery },
    answers: { 200: userConsentPage, 404: genericError },
  })
  @Get('')
  async list(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const page = parsePage(request);
    const principal = await this.principals.load({ request, reply });
    const owner = await this.owner.of(principal, request.query, 'user');
    const found = await this.consents.list(owner, toSlice(page));
    const count = await this.consents.count(owner);
    return paginated(
      page,
      count,
      found.map((one) => this.present(one)),
    );
  }

  @ApiEndpoint({
    id: 'core_user_consent_retrieve',
    description: 'One such consent.',
    tag: 'core',
    answers: { 200: userConsent, 404: genericError },
  })
  @Get(':id/')
  async retrieve(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.present(await this.load(id, await this.principals.load({ request, reply })));
  }

  /** Takes a consent back: the application is asked about again the next time. */
  @ApiEndpoint({
    id: 'core_user_consent_destroy',
    description: 'Takes a consent back.',
    tag: 'core',
    answers: { 204: null, 404: genericError },
  })
  @Delete(':id/')
  @HttpCode(HttpStatus.NO_CONTENT)
  async remove(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const principal = await this.principals.loadForChange({ request, reply });
    const consent = await this.load(id, principal);
    const { ip } = await this.clients.of(request);
    if (!(await this.consents.remove(consent, { by: principal.user, clientIp: ip }))) throw new Problem('not_found');
  }

  /** Throws not_found for what is not there, or is somebody else's. */
  private async load(id: string, principal: Principal): Promise<ConsentRecord> {
    const pk = parsePk(id);
    const consent = pk === undefined ? undefined : await this.consents.find(pk, visibleUserId(principal));
    if (!consent) throw new Problem('not_found');
    return consent;
  }

  private present({ pk, expires, user, application: { uuid, slug, name }, permissions }: ConsentRecord): UserConsent {
    return {
      pk,
      expires: expires?.toISOString() ?? null,
      expiring: expires !== undefined,
      user: { ...user, uid: userUid(user, this.config), avatar: this.avatars.of(user), groups_obj: null },
      application: { ...{ pk: uuid, slug, name }, ...EMPTY_APPLICATION_FIELDS },
      permissions: permissions.join(' '),
    };
  }
}

/** Whose consents somebody may see; undefined: everybody's. */
const visibleUserId = ({ user }: Principal) => (user.is_superuser ? undefined : user.uuid);

/** Of an application, where all that is kept is what it is called. */
const EMPTY_APPLICATION_FIELDS = {
  provider_obj: null,
  backchannel_providers_obj: [],
  launch_url: null,
  meta_icon: null,
};
