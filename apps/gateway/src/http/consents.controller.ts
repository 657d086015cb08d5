import { Problem } from '@gatehouse/contracts';
import { Controller, Delete, Get, HttpCode, HttpStatus, Inject, Param, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Consents, type ListedConsent } from '../execution/consents.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { Avatars } from './avatars.js';
import { Clients } from './client.js';
import { type UserConsent, userConsent, userConsents } from './consents.bodies.js';
import { ListOwner } from './list-owner.js';
import { Described } from './openapi/operation.js';
import { pageOf, pageQuery, paginated, sliceOf } from './pagination.js';
import { pkOf } from './pk.js';
import { type Principal, Principals } from './principal.js';
import { genericError } from './problem.bodies.js';
import { uidOf } from './uid.js';

/** What applications are allowed: everybody sees and takes back their own, a superuser everybody's. */
@Controller('/api/v3/core/user_consent')
export class ConsentsController {
  constructor(
    @Inject(Principals) private readonly principals: Principals,
    @Inject(Consents) private readonly consents: Consents,
    @Inject(ListOwner) private readonly owner: ListOwner,
    @Inject(Clients) private readonly clients: Clients,
    @Inject(Avatars) private readonly avatars: Avatars,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  @Described({
    id: 'core_user_consent_list',
    description: 'What applications are allowed, by application: by oneself, for a superuser by everybody.',
    tag: 'core',
    query: { user: z.int().optional().meta({ description: 'Those of this user, by pk.' }), ...pageQuery },
    answers: { 200: userConsents, 404: genericError },
  })
  @Get('')
  async list(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const page = pageOf(request);
    const principal = await this.principals.load({ request, reply });
    const owner = await this.owner.of(principal, request.query, 'user');
    const found = await this.consents.list(owner, sliceOf(page));
    const count = await this.consents.count(owner);
    return paginated(
      page,
      count,
      found.map((one) => this.present(one)),
    );
  }

  @Described({
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
  @Described({
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
  private async load(id: string, principal: Principal): Promise<ListedConsent> {
    const pk = pkOf(id);
    const consent = pk === undefined ? undefined : await this.consents.find(pk, ownerOf(principal));
    if (!consent) throw new Problem('not_found');
    return consent;
  }

  private present({ pk, expires, user, application: { uuid, slug, name }, permissions }: ListedConsent): UserConsent {
    return {
      pk,
      expires: expires?.toISOString() ?? null,
      expiring: expires !== undefined,
      user: { ...user, uid: uidOf(user, this.config), avatar: this.avatars.of(user), groups_obj: null },
      application: { ...{ pk: uuid, slug, name }, ...NOTHING_ELSE },
      permissions: permissions.join(' '),
    };
  }
}

/** Whose consents somebody may see; undefined: everybody's. */
const ownerOf = ({ user }: Principal) => (user.is_superuser ? undefined : user.uuid);

/** Of an application, where all that is kept is what it is called. */
const NOTHING_ELSE = { provider_obj: null, backchannel_providers_obj: [], launch_url: null, meta_icon: null };
