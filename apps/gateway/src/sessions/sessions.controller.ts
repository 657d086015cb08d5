import { Problem } from '@gatehouse/contracts';
import { parseUserAgent } from '@gatehouse/platform';
import { Controller, Delete, Get, HttpCode, HttpStatus, Inject, Param, Query, Req, UseGuards } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { CurrentPrincipal } from '../http/auth/auth.guard.js';
import type { Principal } from '../http/auth/auth.service.js';
import { CsrfGuard } from '../http/auth/csrf.guard.js';
import { EventFactsReader } from '../http/event-facts.reader.js';
import { isUuid } from '../http/identifiers.js';
import { ApiEndpoint, genericError } from '../http/openapi/api-endpoint.decorator.js';
import { Paginated, RequestedPage } from '../http/pagination.guard.js';
import { type Page, pageQuery, paginated, toSlice } from '../http/pagination.js';
import { SessionMessenger } from '../sockets/session-messenger.js';
import { ListOwnerResolver } from '../users/list-owner.resolver.js';
import { type AuthenticatedSession, authenticatedSession, authenticatedSessions } from './session.dto.js';
import { SessionRepository, type SessionSummary } from './session.repository.js';
import { SessionRemovalRepository } from './session-removal.repository.js';

/** Sessions of logged-in users. A user sees and ends their own sessions, a superuser the sessions of all users. */
@Controller('/api/v3/core/authenticated_sessions')
export class SessionsController {
  constructor(
    @Inject(SessionRepository) private readonly sessions: SessionRepository,
    @Inject(SessionRemovalRepository) private readonly removals: SessionRemovalRepository,
    @Inject(EventFactsReader) private readonly eventFacts: EventFactsReader,
    @Inject(ListOwnerResolver) private readonly owners: ListOwnerResolver,
    @Inject(SessionMessenger) private readonly messenger: SessionMessenger,
  ) {}

  @ApiEndpoint({
    id: 'core_authenticated_sessions_list',
    description:
      'Lists login sessions, the most recently used first. Superusers see the sessions of all users, other users their own.',
    tag: 'core',
    query: {
      user__username: z
        .string()
        .optional()
        .meta({ description: 'Return only the sessions of the user with this username.' }),
      ...pageQuery,
    },
    answers: { 200: authenticatedSessions, 404: genericError },
  })
  @Get('')
  @Paginated()
  async list(@RequestedPage() page: Page, @CurrentPrincipal() principal: Principal, @Query() query: unknown) {
    const owner = await this.owners.resolve(principal, query, 'user__username');
    const sessions = await this.sessions.list(owner, toSlice(page));
    const count = await this.sessions.count(owner);
    return paginated(
      page,
      count,
      sessions.map((session) => present(session, principal)),
    );
  }

  @ApiEndpoint({
    id: 'core_authenticated_sessions_retrieve',
    description: 'Returns one login session.',
    tag: 'core',
    answers: { 200: authenticatedSession, 404: genericError },
  })
  @Get(':uuid/')
  async retrieve(@Param('uuid') uuid: string, @CurrentPrincipal() principal: Principal) {
    const session = isUuid(uuid) ? await this.sessions.findListed(uuid, visibleOwner(principal)) : undefined;
    if (!session) throw new Problem('not_found');
    return present(session, principal);
  }

  /** Ends a session. The next request with its cookie, at any gateway, is anonymous. */
  @ApiEndpoint({
    id: 'core_authenticated_sessions_destroy',
    description: 'Logs the user out of a session.',
    tag: 'core',
    answers: { 204: null, 404: genericError },
  })
  @Delete(':uuid/')
  @HttpCode(HttpStatus.NO_CONTENT)
  @UseGuards(CsrfGuard)
  async remove(
    @Param('uuid') uuid: string,
    @CurrentPrincipal() principal: Principal,
    @Req() request: FastifyRequest,
  ): Promise<void> {
    const facts = await this.eventFacts.read(request, principal);
    const keys = isUuid(uuid) ? await this.removals.remove(uuid, visibleOwner(principal), facts) : undefined;
    if (!keys) throw new Problem('not_found');
    this.messenger.closeSockets(keys);
  }
}

/** Returns the uuid of the user whose sessions the caller may see; undefined means all users. */
const visibleOwner = ({ user }: Principal) => (user.is_superuser ? undefined : user.uuid);

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
