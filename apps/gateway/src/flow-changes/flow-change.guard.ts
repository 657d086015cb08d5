import { Problem } from '@gatehouse/contracts';
import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { SessionRepository } from '../sessions/session.repository.js';

/**
 * Allows a change of flows to superusers with an API token that has the scope `flows`, or who have proved a device in their
 * session within FLOW_CHANGE_PROOF_S. Throws `permission_denied`, `token_scope` for another API token, and `proof_required`.
 */
@Injectable()
export class FlowChangeGuard implements CanActivate {
  constructor(
    @Inject(SessionRepository) private readonly sessions: SessionRepository,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'FLOW_CHANGE_PROOF_S'>,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { principal } = context.switchToHttp().getRequest<FastifyRequest>();
    if (!principal?.user.is_superuser) throw new Problem('permission_denied');
    if (principal.token?.scope === 'flows') return true;
    if (principal.byToken || principal.sessionId === undefined) throw new Problem('token_scope');
    const proof = { user: principal.user.uuid, withinS: this.config.FLOW_CHANGE_PROOF_S };
    if (!(await this.sessions.hasProvedDevice(principal.sessionId, proof))) throw new Problem('proof_required');
    return true;
  }
}
