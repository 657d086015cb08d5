import { Problem } from '@gatehouse/contracts';
import { Controller, Delete, Get, HttpCode, HttpStatus, Inject, Param, Query, Req, UseGuards } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { CurrentPrincipal } from '../http/auth/auth.guard.js';
import type { Principal } from '../http/auth/auth.service.js';
import { CsrfGuard } from '../http/auth/csrf.guard.js';
import { EventFactsReader } from '../http/event-facts.reader.js';
import { parsePk, userUid } from '../http/identifiers.js';
import { ApiEndpoint, genericError } from '../http/openapi/api-endpoint.decorator.js';
import { Paginated, RequestedPage } from '../http/pagination.guard.js';
import { type Page, pageQuery, paginated, toSlice } from '../http/pagination.js';
import { AvatarService } from '../users/avatars/avatar.service.js';
import { ListOwnerResolver } from '../users/list-owner.resolver.js';
import { type UserConsent, userConsent, userConsentPage } from './consent.dto.js';
import { type ConsentRecord, ConsentRepository } from './consent.repository.js';

/** Consents to applications. A user sees and revokes their own consents, a superuser the consents of all users. */
@Controller('/api/v3/core/user_consent')
export class ConsentsController {
  constructor(
    @Inject(ConsentRepository) private readonly consents: ConsentRepository,
    @Inject(ListOwnerResolver) private readonly owners: ListOwnerResolver,
    @Inject(EventFactsReader) private readonly eventFacts: EventFactsReader,
    @Inject(AvatarService) private readonly avatars: AvatarService,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  @ApiEndpoint({
    id: 'core_user_consent_list',
    description:
      'Lists consents that were given to applications, ordered by application. Superusers see the consents of all users, other users their own.',
    tag: 'core',
    query: {
      user: z.int().optional().meta({ description: 'Return only the consents of the user with this primary key.' }),
      ...pageQuery,
    },
    answers: { 200: userConsentPage, 404: genericError },
  })
  @Get('')
  @Paginated()
  async list(@RequestedPage() page: Page, @CurrentPrincipal() principal: Principal, @Query() query: unknown) {
    const owner = await this.owners.resolve(principal, query, 'user');
    const consents = await this.consents.list(owner, toSlice(page));
    const count = await this.consents.count(owner);
    return paginated(
      page,
      count,
      consents.map((consent) => this.present(consent)),
    );
  }

  @ApiEndpoint({
    id: 'core_user_consent_retrieve',
    description: 'Returns one consent.',
    tag: 'core',
    answers: { 200: userConsent, 404: genericError },
  })
  @Get(':id/')
  async retrieve(@Param('id') id: string, @CurrentPrincipal() principal: Principal) {
    return this.present(await this.load(id, principal));
  }

  /** Revokes a consent. At the next login to the application, the user is asked for consent again. */
  @ApiEndpoint({
    id: 'core_user_consent_destroy',
    description: 'Revokes a consent.',
    tag: 'core',
    answers: { 204: null, 404: genericError },
  })
  @Delete(':id/')
  @HttpCode(HttpStatus.NO_CONTENT)
  @UseGuards(CsrfGuard)
  async remove(
    @Param('id') id: string,
    @CurrentPrincipal() principal: Principal,
    @Req() request: FastifyRequest,
  ): Promise<void> {
    const consent = await this.load(id, principal);
    const facts = await this.eventFacts.read(request, principal);
    if (!(await this.consents.remove(consent, facts))) throw new Problem('not_found');
  }

  /** Throws `not_found` if there is no such consent, or if it belongs to another user. */
  private async load(id: string, { user }: Principal): Promise<ConsentRecord> {
    const pk = parsePk(id);
    const owner = user.is_superuser ? undefined : user.uuid;
    const consent = pk === undefined ? undefined : await this.consents.find(pk, owner);
    if (!consent) throw new Problem('not_found');
    return consent;
  }

  private present({ pk, expires, user: owner, application, permissions }: ConsentRecord): UserConsent {
    const { uuid, slug, name } = application;
    const { epoch: _epoch, locale: _locale, ...user } = owner;
    return {
      pk,
      expires: expires?.toISOString() ?? null,
      expiring: expires !== undefined,
      user: { ...user, uid: userUid(user, this.config), avatar: this.avatars.urlOf(user), groups_obj: null },
      application: { ...{ pk: uuid, slug, name }, ...EMPTY_APPLICATION_FIELDS },
      permissions: permissions.join(' '),
    };
  }
}

/** Fields of authentik's applications that Gatehouse does not store. */
const EMPTY_APPLICATION_FIELDS = {
  provider_obj: null,
  backchannel_providers_obj: [],
  launch_url: null,
  meta_icon: null,
};
