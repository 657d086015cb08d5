import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { FlowChangeAccessService } from './flow-change-access.service.js';

/** Allows requests of callers who may change flows. */
@Injectable()
export class FlowChangeGuard implements CanActivate {
  constructor(@Inject(FlowChangeAccessService) private readonly access: FlowChangeAccessService) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    await this.access.require(context.switchToHttp().getRequest<FastifyRequest>().principal);
    return true;
  }
}
