import { Problem } from '@gatehouse/contracts';
import { Inject, Injectable } from '@nestjs/common';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import type { Principal } from '../http/auth/auth.service.js';
import { SessionRepository } from '../sessions/session.repository.js';

/** Decides who may change flows over HTTP (docs/spec/flow-changes.md#who-may-change-flows). */
@Injectable()
export class FlowChangeAccessService {
  constructor(
    @Inject(SessionRepository) private readonly sessions: SessionRepository,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'FLOW_CHANGE_PROOF_S'>,
  ) {}

  /**
   * Allows a change to superusers with an API token that has the scope `flows`, or who have proved a device in their
   * session within FLOW_CHANGE_PROOF_S. Throws `permission_denied`, `token_scope` for another API token, and
   * `proof_required`.
   */
  async require(principal: Principal | undefined): Promise<void> {
    if (!principal?.user.is_superuser) throw new Problem('permission_denied');
    if (principal.token?.scope === 'flows') return;
    if (principal.byToken || principal.sessionId === undefined) throw new Problem('token_scope');
    const proof = { user: principal.user.uuid, withinS: this.config.FLOW_CHANGE_PROOF_S };
    if (!(await this.sessions.hasProvedDevice(principal.sessionId, proof))) throw new Problem('proof_required');
  }
}
