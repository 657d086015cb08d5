import { Problem } from '@gatehouse/contracts';
import { Controller, Delete, Get, HttpCode, HttpStatus, Inject, Param, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AuthService, type Principal } from '../http/auth/auth.service.js';
import { ApiEndpoint } from '../http/openapi/api-endpoint.decorator.js';
import { pageQuery, paginated, parsePage, toSlice } from '../http/pagination.js';
import { genericError } from '../http/problem.bodies.js';
import { isUuid } from '../http/uuid.js';
import { ListOwnerResolver } from '../users/list-owner.resolver.js';
import { type AuthenticatedSession, authenticatedSession, authenticatedSessions } from './session.dto.js';
import { type SessionSummary, Sessions } from './sessions.js';
import { parseUserAgent } from './user-agent.js';

/** The sessions that somebody is logged in to: everybody sees and ends their own, a superuser all of them. */
@Controller('/api/v3/core/authenticated_sessions')
export class SessionsController {
  constructor(
    @Inject(AuthService) private readonly principals: AuthService,
    @Inject(Sessions) private readonly sessions: Sessions,
    @Inject(ListOwnerResolver) private readonly owner: ListOwnerResolver,
  ) {}

  @ApiEndpoint({
    id: 'core_authenticated_sessions_list',
    description: 'Sessions that somebody is logged in to, the last used first: one’s own, for a superuser everybody’s.',
    tag: 'core',
    query: { user__username: z.string().optional().meta({ description: 'Those of this user.' }), ...pageQuery },
    answers: { 200: authenticatedSessions, 404: genericError },
  })
  @Get('')
  async list(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const page = parsePage(request);
    const principal = await this.principals.load({ request, reply });
    const owner = await this.owner.of(principal, request.query, 'user__username');
    const found = await this.sessions.list(owner, toSlice(page));
    const count = await this.sessions.count(owner);
    return paginated(
      page,
      count,
      found.map((session) => present(session, principal)),
    );
  }

  @ApiEndpoint({
    id: 'core_authenticated_sessions_retrieve',
    description: 'One such session.',
    tag: 'core',
    answers: { 200: authenticatedSession, 404: genericError },
  })
  @Get(':uuid/')
  async retrieve(
    @Param('uuid') uuid: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const principal = await this.principals.load({ request, reply });
    const session = isUuid(uuid) ? await this.sessions.findListed(uuid, ownerOf(principal)) : undefined;
    if (!session) throw new Problem('not_found');
    return present(session, principal);
  }

  /** Ends a session: its next request, at whatever gateway, is a stranger's. */
  @ApiEndpoint({
    id: 'core_authenticated_sessions_destroy',
    description: 'Ends a session.',
    tag: 'core',
    answers: { 204: null, 404: genericError },
  })
  @Delete(':uuid/')
  @HttpCode(HttpStatus.NO_CONTENT)
  async remove(
    @Param('uuid') uuid: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const principal = await this.principals.loadForChange({ request, reply });
    const ended = isUuid(uuid) && (await this.sessions.remove(uuid, ownerOf(principal)));
    if (!ended) throw new Problem('not_found');
  }
}

/** Whose sessions somebody may see; undefined: everybody's. */
const ownerOf = ({ user }: Principal) => (user.is_superuser ? undefined : user.uuid);

function present(session: SessionSummary, { sessionId }: Principal): AuthenticatedSession {
  const { id, userPk, lastIp, userAgent, lastUsed, expires } = session;
  return {
    uuid: id,
    current: id === sessionId,
    user_agent: parseUserAgent(userAgent),
    geo_ip: null,
    asn: null,
    user: userPk,
    last_ip: lastIp,
    last_user_agent: userAgent,
    last_used: lastUsed.toISOString(),
    expires: expires.toISOString(),
  };
}
