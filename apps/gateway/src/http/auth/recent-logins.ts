import { Problem } from '@gatehouse/contracts';
import { LOG_IN_AGAIN } from '@gatehouse/executor';
import type { Sessions } from '../../sessions/sessions.js';
import type { Principal } from './auth.service.js';

/** Requires a recent login for changes of credentials that are made outside of flows (docs/adr/0037). */
export class RecentLogins {
  /** `withinS`: seconds for which a login counts as a proof. */
  constructor(
    private readonly sessions: Sessions,
    private readonly withinS: number,
  ) {}

  /** Returns whether the user's own session is a recent proof. An API token never is. */
  async covers({ user, sessionId, byToken }: Principal): Promise<boolean> {
    if (byToken || sessionId === undefined) return false;
    return this.sessions.isRecentLogin(sessionId, { user: user.uuid, withinS: this.withinS });
  }

  /** Throws `proof_required`. */
  async require(principal: Principal): Promise<void> {
    if (!(await this.covers(principal))) throw new Problem('proof_required', { detail: LOG_IN_AGAIN });
  }
}
