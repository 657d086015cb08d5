import { Problem, sentence } from '@gatehouse/contracts';
import { Inject, Injectable } from '@nestjs/common';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import type { Principal } from '../http/auth/auth.service.js';
import { SessionRepository } from '../sessions/session.repository.js';

const NEW_DEVICE = sentence(
  'The device that you have proved was set up too recently. Sign in with an older device, or try again later.',
);

/** Decides who may change flows over HTTP (docs/spec/flow-changes.md#who-may-change-flows). */
@Injectable()
export class FlowChangeAccessService {
  constructor(
    @Inject(SessionRepository) private readonly sessions: SessionRepository,
    @Inject(GATEWAY_CONFIG)
    private readonly config: Pick<GatewayConfig, 'FLOW_CHANGE_PROOF_S' | 'FLOW_CHANGE_DEVICE_AGE_S'>,
  ) {}

  /**
   * Allows a change to superusers with an API token that has the scope `flows`, or who have proved a device in their
   * session within FLOW_CHANGE_PROOF_S. A device counts from FLOW_CHANGE_DEVICE_AGE_S after its set-up, because a
   * password is enough to set up the first device. Throws `permission_denied`, `token_scope` for another API token, and
   * `proof_required`.
   */
  async require(principal: Principal | undefined): Promise<void> {
    if (!principal?.user.is_superuser) throw new Problem('permission_denied');
    if (principal.token?.scope === 'flows') return;
    if (principal.byToken || principal.sessionId === undefined) throw new Problem('token_scope');
    const { FLOW_CHANGE_PROOF_S: withinS, FLOW_CHANGE_DEVICE_AGE_S: ageS } = this.config;
    const proof = { user: principal.user.uuid, withinS, ageS };
    const isOld = await this.sessions.hasProvedOldDevice(principal.sessionId, proof);
    if (isOld === undefined) throw new Problem('proof_required');
    if (!isOld) throw new Problem('proof_required', { detail: NEW_DEVICE });
  }
}
