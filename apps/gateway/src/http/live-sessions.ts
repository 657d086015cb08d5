import type { FastifyRequest } from 'fastify';
import type { BindingGuard } from '../execution/binding-guard.js';
import type { LoginSession, Sessions } from '../execution/sessions.js';
import type { Clients } from './client.js';
import { sessionKeyOf } from './session.cookie.js';

/** The sessions that requests come with, as far as they may be used from where they come. */
export class LiveSessions {
  constructor(
    private readonly sessions: Sessions,
    private readonly bindings: BindingGuard,
    private readonly clients: Clients,
  ) {}

  /** Undefined when nobody is logged in, or was until the session left the place that it was bound to. */
  async find(request: FastifyRequest): Promise<LoginSession | undefined> {
    const key = sessionKeyOf(request);
    const session = key && (await this.sessions.find(key));
    if (!session) return undefined;
    return (await this.bindings.admits(session, await this.clients.of(request))) ? session : undefined;
  }
}
