import type { SessionBindingChecker } from '@gatehouse/executor';
import type { FastifyRequest } from 'fastify';
import type { ActiveSession, Sessions } from '../../sessions/sessions.js';
import type { ClientResolver } from '../client-info.js';
import { sessionKeyFrom } from '../session.cookie.js';

/** The sessions that requests come with, as far as they may be used from where they come. */
export class SessionAuthenticator {
  constructor(
    private readonly sessions: Sessions,
    private readonly bindings: SessionBindingChecker,
    private readonly clients: ClientResolver,
  ) {}

  /** Undefined when nobody is logged in, or was until the session left the place that it was bound to. */
  async find(request: FastifyRequest): Promise<ActiveSession | undefined> {
    const key = sessionKeyFrom(request);
    const session = key && (await this.sessions.find(key));
    if (!session) return undefined;
    return (await this.bindings.admits(session, await this.clients.of(request))) ? session : undefined;
  }
}
