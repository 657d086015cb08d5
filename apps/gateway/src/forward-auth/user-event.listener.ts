import { Broadcaster } from '@gatehouse/platform';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { z } from 'zod';
import { ForwardCheckService } from './forward-check.service.js';

/** Audit events that may change the verdicts about their user. */
export const DROPPING_ACTIONS = ['logout', 'session_ended', 'password_set', 'user_write', 'model_deleted'] as const;

/** The part of an event (CloudEvents) that names its user. */
const userEvent = z.object({ data: z.object({ user: z.object({ kind: z.literal('saved'), uuid: z.uuid() }) }) });

/**
 * Drops the verdicts about a user when the courier publishes an event that may change these verdicts. If an event is
 * lost or late, the verdicts stay in the cache until they expire.
 */
@Injectable()
export class UserEventListener implements OnApplicationBootstrap {
  constructor(
    @Inject(Broadcaster) private readonly broadcaster: Pick<Broadcaster, 'listen'>,
    @Inject(ForwardCheckService) private readonly checks: Pick<ForwardCheckService, 'dropUser'>,
  ) {}

  onApplicationBootstrap(): void {
    for (const action of DROPPING_ACTIONS) this.broadcaster.listen(`events.${action}`, (body) => this.receive(body));
  }

  private receive(body: Uint8Array): void {
    const uuid = uuidIn(body);
    if (uuid !== undefined) this.checks.dropUser(uuid);
  }
}

function uuidIn(body: Uint8Array): string | undefined {
  try {
    return userEvent.safeParse(JSON.parse(new TextDecoder().decode(body))).data?.data.user.uuid;
  } catch {
    return undefined;
  }
}
