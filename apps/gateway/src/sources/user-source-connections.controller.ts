import { OAUTH_SOURCE, PLEX_SOURCE, Problem } from '@gatehouse/contracts';
import { sourceIcon } from '@gatehouse/sources';
import { Controller, Delete, Get, HttpCode, HttpStatus, Inject, Param, Req, UseGuards } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { CurrentPrincipal, CurrentUser } from '../http/auth/auth.guard.js';
import type { Principal } from '../http/auth/auth.service.js';
import { CsrfGuard } from '../http/auth/csrf.guard.js';
import { RecentLoginService } from '../http/auth/recent-login.service.js';
import { EventFactsReader } from '../http/event-facts.reader.js';
import { parsePk } from '../http/identifiers.js';
import { ApiEndpoint, genericError } from '../http/openapi/api-endpoint.decorator.js';
import { Paginated, RequestedPage } from '../http/pagination.guard.js';
import { type Page, pageQuery, paginated, paginatedSchema, toSlice } from '../http/pagination.js';
import type { AuthenticatedUser } from '../users/user.repository.js';
import { SourceRepository, type UserSourceConnection } from './source.repository.js';

const source = z
  .object({
    ...{ pk: z.uuid(), name: z.string(), slug: z.string(), enabled: z.boolean(), icon: z.string().nullable() },
    ...{
      component: z.string(),
      verbose_name: z.string(),
      verbose_name_plural: z.string(),
      meta_model_name: z.string(),
    },
    managed: z.null(),
  })
  .meta({ id: 'ConnectedSource', description: 'A source at which the user has linked an account.' });
const connection = z.object({ pk: z.int(), user: z.int(), source, created: z.iso.datetime() }).meta({
  id: 'UserSourceConnection',
  description: 'A link between a user and an account at a source, with which the user can log in.',
});
const connections = paginatedSchema(connection).meta({ id: 'PaginatedUserSourceConnectionList' });

/** A user's own connections with accounts at sources. */
@Controller('/api/v3/sources/user_connections/all')
export class UserSourceConnectionsController {
  constructor(
    @Inject(SourceRepository) private readonly sources: SourceRepository,
    @Inject(EventFactsReader) private readonly eventFacts: EventFactsReader,
    @Inject(RecentLoginService) private readonly recentLogins: RecentLoginService,
  ) {}

  @ApiEndpoint({
    id: 'sources_user_connections_all_list',
    description: 'Lists the linked accounts of the current user, ordered by the name of the source.',
    tag: 'sources',
    query: pageQuery,
    answers: { 200: connections, 404: genericError },
  })
  @Get('')
  @Paginated()
  async list(@RequestedPage() page: Page, @CurrentUser() { uuid, pk }: AuthenticatedUser) {
    const listed = await this.sources.list(uuid, toSlice(page));
    const count = await this.sources.count(uuid);
    return paginated(
      page,
      count,
      listed.map((connection) => present(connection, pk)),
    );
  }

  @ApiEndpoint({
    id: 'sources_user_connections_all_destroy',
    description:
      'Unlinks an account of a source, which then no longer logs the user in. Needs a session with a recent login, not an API token.',
    tag: 'sources',
    answers: { 204: null, 403: genericError, 404: genericError },
  })
  @Delete(':id/')
  @HttpCode(HttpStatus.NO_CONTENT)
  @UseGuards(CsrfGuard)
  async remove(
    @Param('id') id: string,
    @CurrentPrincipal() principal: Principal,
    @Req() request: FastifyRequest,
  ): Promise<void> {
    await this.recentLogins.require(principal);
    const pk = parsePk(id);
    const change = { user: principal.user, facts: await this.eventFacts.read(request, principal) };
    if (pk === undefined || !(await this.sources.remove(pk, change))) throw new Problem('not_found');
  }
}

/** The names that authentik gives to each model of source and to its form. */
const SOURCE_MODEL_INFO = {
  [OAUTH_SOURCE]: { component: 'ak-source-oauth-form', verbose_name: 'OAuth Source' },
  [PLEX_SOURCE]: { component: 'ak-source-plex-form', verbose_name: 'Plex Source' },
} as const;

const present = (
  { pk, source: connectedSource, created }: UserSourceConnection,
  user: number,
): z.input<typeof connection> => {
  const { uuid, name, slug, enabled, model } = connectedSource;
  const names = SOURCE_MODEL_INFO[model];
  return {
    ...{ pk, user, created: created.toISOString() },
    source: {
      ...{ pk: uuid, name, slug, enabled, icon: sourceIcon(connectedSource), managed: null },
      ...{ ...names, verbose_name_plural: `${names.verbose_name}s`, meta_model_name: model },
    },
  };
};
