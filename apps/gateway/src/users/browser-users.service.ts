import { BrandStore } from '@gatehouse/executor';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import type { Principal } from '../http/auth/auth.service.js';
import { loginSetIn } from '../http/switching-cookie.js';
import { LoginSetRepository } from '../sessions/login-set.repository.js';
import type { ActiveSession } from '../sessions/session.repository.js';

/** The users who are logged in within one browser (docs/spec/sessions.md#user-switching). */
@Injectable()
export class BrowserUsersService {
  constructor(
    @Inject(LoginSetRepository) private readonly sets: LoginSetRepository,
    @Inject(BrandStore) private readonly brands: BrandStore,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'API_VERSION' | 'SESSION_COOKIE'>,
  ) {}

  /**
   * Returns the sessions of the other users in the browser of a logged-in user. Empty without a switching cookie, for
   * an API token, and if the brand has no flow in which users switch. A request without the cookie needs no database
   * statement.
   */
  async listOthers(request: FastifyRequest, { sessionId, byToken }: Principal): Promise<ActiveSession[]> {
    const set = loginSetIn(request, this.config);
    if (!set || byToken || sessionId === undefined) return [];
    const { newer_flows: flows } = await this.brands.find(request.host);
    return flows?.user_switch === undefined ? [] : this.sets.listOthers(sessionId, set);
  }
}
