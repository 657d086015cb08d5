import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { BindingGuard } from '../execution/binding-guard.js';
import { type LoginSession, Sessions } from '../execution/sessions.js';
import { Clients } from './client.js';
import { sessionKeyOf } from './session.cookie.js';

/** The sessions that requests come with, as far as they may be used from where they come. */
@Injectable()
export class LiveSessions {
  constructor(
    @Inject(Sessions) private readonly sessions: Sessions,
    @Inject(BindingGuard) private readonly bindings: BindingGuard,
    @Inject(Clients) private readonly clients: Clients,
  ) {}

  /** Undefined when nobody is logged in, or was until the session left the place that it was bound to. */
  async find(request: FastifyRequest): Promise<LoginSession | undefined> {
    const key = sessionKeyOf(request);
    const session = key && (await this.sessions.find(key));
    if (!session) return undefined;
    return (await this.bindings.admits(session, await this.clients.of(request))) ? session : undefined;
  }
}
