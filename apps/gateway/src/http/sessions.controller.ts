import { Problem } from '@gatehouse/contracts';
import { Controller, Delete, Get, HttpCode, HttpStatus, Inject, Param, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { type ListedSession, Sessions } from '../execution/sessions.js';
import { pageOf, paginated, sliceOf } from './pagination.js';
import { type Principal, Principals } from './principal.js';
import { parseUserAgent } from './user-agent.js';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The sessions that somebody is logged in to: everybody sees and ends their own, a superuser all of them. */
@Controller('/api/v3/core/authenticated_sessions')
export class SessionsController {
  constructor(
    @Inject(Principals) private readonly principals: Principals,
    @Inject(Sessions) private readonly sessions: Sessions,
  ) {}

  @Get('')
  async list(@Req() request: FastifyRequest) {
    const page = pageOf(request);
    const principal = await this.principals.load(request);
    const owner = ownerOf(principal);
    const found = await this.sessions.list(owner, sliceOf(page));
    const count = await this.sessions.count(owner);
    return paginated(
      page,
      count,
      found.map((session) => present(session, principal)),
    );
  }

  @Get(':uuid/')
  async retrieve(@Param('uuid') uuid: string, @Req() request: FastifyRequest) {
    const principal = await this.principals.load(request);
    const session = UUID.test(uuid) ? await this.sessions.findListed(uuid, ownerOf(principal)) : undefined;
    if (!session) throw new Problem('not_found');
    return present(session, principal);
  }

  /** Ends a session: its next request, at whatever gateway, is a stranger's. */
  @Delete(':uuid/')
  @HttpCode(HttpStatus.NO_CONTENT)
  async remove(@Param('uuid') uuid: string, @Req() request: FastifyRequest): Promise<void> {
    const principal = await this.principals.loadForChange(request);
    const ended = UUID.test(uuid) && (await this.sessions.remove(uuid, ownerOf(principal)));
    if (!ended) throw new Problem('not_found');
  }
}

/** Whose sessions somebody may see; undefined: everybody's. */
const ownerOf = ({ user }: Principal) => (user.is_superuser ? undefined : user.uuid);

function present({ id, userPk, lastIp, userAgent, lastUsed, expires }: ListedSession, { sessionId }: Principal) {
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
