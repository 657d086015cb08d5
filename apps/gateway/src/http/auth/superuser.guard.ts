import { Problem } from '@gatehouse/contracts';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

/** Throws `permission_denied` for users who are not superusers. */
@Injectable()
export class SuperuserGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { principal } = context.switchToHttp().getRequest<FastifyRequest>();
    if (!principal?.user.is_superuser) throw new Problem('permission_denied');
    return true;
  }
}
