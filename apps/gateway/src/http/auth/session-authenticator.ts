import type { SessionBindingChecker } from '@gatehouse/executor';
import type { FastifyRequest } from 'fastify';
import type { ActiveSession, Sessions } from '../../sessions/sessions.js';
import type { ClientResolver } from '../client-info.js';
import type { SessionCookies } from '../session.cookie.js';

interface Parts {
  readonly sessions: Sessions;
  readonly bindings: SessionBindingChecker;
  readonly clients: ClientResolver;
  readonly cookies: SessionCookies;
}

/** The sessions that requests come with, as far as they may be used from where they come. */
export class SessionAuthenticator {
  constructor(private readonly parts: Parts) {}

  /** Undefined when nobody is logged in, or was until the session left the place that it was bound to. */
  async find(request: FastifyRequest): Promise<ActiveSession | undefined> {
    const { sessions, bindings, clients, cookies } = this.parts;
    const key = await cookies.keyOf(request);
    const session = key && (await sessions.find(key));
    if (!session) return undefined;
    return (await bindings.admits(session, await clients.of(request))) ? session : undefined;
  }
}
