import { OAUTH_SOURCE, PLEX_SOURCE, Problem } from '@gatehouse/contracts';
import { sourceIcon } from '@gatehouse/sources';
import { Controller, Delete, Get, HttpCode, HttpStatus, Inject, Param, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AuthService } from '../http/auth/auth.service.js';
import { RecentLogins } from '../http/auth/recent-logins.js';
import { ClientResolver } from '../http/client-info.js';
import { parsePk } from '../http/identifiers.js';
import { ApiEndpoint } from '../http/openapi/api-endpoint.decorator.js';
import { pageQuery, paginated, paginatedSchema, parsePage, toSlice } from '../http/pagination.js';
import { genericError } from '../http/problem.bodies.js';
import { SourceBook, type UserSourceConnection } from './source-book.js';

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
  .meta({ id: 'ConnectedSource', description: 'Where somebody signs in as well.' });
const connection = z
  .object({ pk: z.int(), user: z.int(), source, created: z.iso.datetime() })
  .meta({ id: 'UserSourceConnection', description: 'By which account of a source somebody can sign in.' });
const connections = paginatedSchema(connection).meta({ id: 'PaginatedUserSourceConnectionList' });

/** The sources that people have connected themselves with: everybody's own, and nobody else's. */
@Controller('/api/v3/sources/user_connections/all')
export class UserSourceConnectionsController {
  constructor(
    @Inject(AuthService) private readonly principals: AuthService,
    @Inject(SourceBook) private readonly book: SourceBook,
    @Inject(ClientResolver) private readonly clients: ClientResolver,
    @Inject(RecentLogins) private readonly recent: RecentLogins,
  ) {}

  @ApiEndpoint({
    id: 'sources_user_connections_all_list',
    description: 'The sources that one can sign in by, by name.',
    tag: 'sources',
    query: pageQuery,
    answers: { 200: connections, 404: genericError },
  })
  @Get('')
  async list(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const page = parsePage(request);
    const { user } = await this.principals.load({ request, reply });
    const found = await this.book.list(user.uuid, toSlice(page));
    const count = await this.book.count(user.uuid);
    return paginated(
      page,
      count,
      found.map((one) => present(one, user.pk)),
    );
  }

  @ApiEndpoint({
    id: 'sources_user_connections_all_destroy',
    description: 'Removes one: nobody signs in by it any more. Needs a session with a recent login, not an API token.',
    tag: 'sources',
    answers: { 204: null, 403: genericError, 404: genericError },
  })
  @Delete(':id/')
  @HttpCode(HttpStatus.NO_CONTENT)
  async remove(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const principal = await this.principals.loadForChange({ request, reply });
    await this.recent.require(principal);
    const { user } = principal;
    const pk = parsePk(id);
    const { ip: clientIp } = await this.clients.of(request);
    if (pk === undefined || !(await this.book.remove(pk, { user, clientIp }))) throw new Problem('not_found');
  }
}

/** What people call the kinds of sources, and with which form they are edited. */
const SOURCE_MODEL_INFO = {
  [OAUTH_SOURCE]: { component: 'ak-source-oauth-form', verbose_name: 'OAuth Source' },
  [PLEX_SOURCE]: { component: 'ak-source-plex-form', verbose_name: 'Plex Source' },
} as const;

const present = (
  { pk, source: connected, created }: UserSourceConnection,
  user: number,
): z.input<typeof connection> => {
  const { uuid, name, slug, enabled, model } = connected;
  const kind = SOURCE_MODEL_INFO[model];
  return {
    ...{ pk, user, created: created.toISOString() },
    source: {
      ...{ pk: uuid, name, slug, enabled, icon: sourceIcon(connected), managed: null },
      ...{ ...kind, verbose_name_plural: `${kind.verbose_name}s`, meta_model_name: model },
    },
  };
};
