import { OAUTH_SOURCE, PLEX_SOURCE, Problem } from '@gatehouse/contracts';
import { iconOf } from '@gatehouse/sources';
import { Controller, Delete, Get, HttpCode, HttpStatus, Inject, Param, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type OwnConnection, SourceBook } from '../execution/source-book.js';
import { Clients } from './client.js';
import { Described } from './openapi/operation.js';
import { pageOf, pageQuery, paginated, paginatedOf, sliceOf } from './pagination.js';
import { pkOf } from './pk.js';
import { Principals } from './principal.js';
import { genericError } from './problem.bodies.js';

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
const connections = paginatedOf(connection).meta({ id: 'PaginatedUserSourceConnectionList' });

/** The sources that people have connected themselves with: everybody's own, and nobody else's. */
@Controller('/api/v3/sources/user_connections/all')
export class UserConnectionsController {
  constructor(
    @Inject(Principals) private readonly principals: Principals,
    @Inject(SourceBook) private readonly book: SourceBook,
    @Inject(Clients) private readonly clients: Clients,
  ) {}

  @Described({
    id: 'sources_user_connections_all_list',
    description: 'The sources that one can sign in by, by name.',
    tag: 'sources',
    query: pageQuery,
    answers: { 200: connections, 404: genericError },
  })
  @Get('')
  async list(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const page = pageOf(request);
    const { user } = await this.principals.load({ request, reply });
    const found = await this.book.list(user.uuid, sliceOf(page));
    const count = await this.book.count(user.uuid);
    return paginated(
      page,
      count,
      found.map((one) => present(one, user.pk)),
    );
  }

  @Described({
    id: 'sources_user_connections_all_destroy',
    description: 'Removes one: nobody signs in by it any more.',
    tag: 'sources',
    answers: { 204: null, 404: genericError },
  })
  @Delete(':id/')
  @HttpCode(HttpStatus.NO_CONTENT)
  async remove(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const { user } = await this.principals.loadForChange({ request, reply });
    const pk = pkOf(id);
    const { ip: clientIp } = await this.clients.of(request);
    if (pk === undefined || !(await this.book.remove(pk, { user, clientIp }))) throw new Problem('not_found');
  }
}

/** What people call the kinds of sources, and with which form they are edited. */
const KINDS = {
  [OAUTH_SOURCE]: { component: 'ak-source-oauth-form', verbose_name: 'OAuth Source' },
  [PLEX_SOURCE]: { component: 'ak-source-plex-form', verbose_name: 'Plex Source' },
} as const;

const present = ({ pk, source: connected, created }: OwnConnection, user: number): z.input<typeof connection> => {
  const { uuid, name, slug, enabled, model } = connected;
  const kind = KINDS[model];
  return {
    ...{ pk, user, created: created.toISOString() },
    source: {
      ...{ pk: uuid, name, slug, enabled, icon: iconOf(connected), managed: null },
      ...{ ...kind, verbose_name_plural: `${kind.verbose_name}s`, meta_model_name: model },
    },
  };
};
