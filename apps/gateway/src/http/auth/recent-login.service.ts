import { Problem } from '@gatehouse/contracts';
import { LOG_IN_AGAIN } from '@gatehouse/executor';
import { Inject, Injectable } from '@nestjs/common';
import { GATEWAY_CONFIG, type GatewayConfig } from '../../gateway.config.js';
import { SessionRepository } from '../../sessions/session.repository.js';
import type { Principal } from './auth.service.js';

/** Requires a recent login for changes of credentials that are made outside of flows (docs/adr/0037). */
@Injectable()
export class RecentLoginService {
  constructor(
    @Inject(SessionRepository) private readonly sessions: SessionRepository,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  /** Returns whether the login of the user's session is recent enough. An API token never counts as a recent login. */
  async covers({ user, sessionId, byToken }: Principal): Promise<boolean> {
    if (byToken || sessionId === undefined) return false;
    return this.sessions.isRecentLogin(sessionId, { user: user.uuid, withinS: this.config.CREDENTIAL_PROOF_S });
  }

  /** Throws `proof_required` without a recent login. */
  async require(principal: Principal): Promise<void> {
    if (!(await this.covers(principal))) throw new Problem('proof_required', { detail: LOG_IN_AGAIN });
  }
}
