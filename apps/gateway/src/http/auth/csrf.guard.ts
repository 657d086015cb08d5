import { Problem } from '@gatehouse/contracts';
import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { GATEWAY_CONFIG, type GatewayConfig } from '../../gateway.config.js';
import { apiCsrfFailure } from '../csrf.js';

/** Throws `csrf_failed` for a forged request of a session. Requests with an API token need no CSRF token. */
@Injectable()
export class CsrfGuard implements CanActivate {
  constructor(@Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const failure = request.principal?.byToken ? undefined : apiCsrfFailure(request, this.config.BASE_URL);
    if (failure) throw new Problem('csrf_failed', { detail: failure });
    return true;
  }
}
