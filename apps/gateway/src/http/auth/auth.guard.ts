import {
  type CanActivate,
  createParamDecorator,
  type ExecutionContext,
  Inject,
  Injectable,
  SetMetadata,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AuthService, type Principal } from './auth.service.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the AuthGuard; undefined for anonymous visitors and on routes with `@Public()`. */
    principal?: Principal | undefined;
  }
}

type Access = 'public' | 'anonymous';
const ACCESS = Symbol('access');

/** Marks a route that needs no authentication, or whose handler authenticates the request itself. */
export const Public = () => SetMetadata<symbol, Access>(ACCESS, 'public');

/** Marks a route that anonymous visitors may request too, within the anonymous rate limit. */
export const AllowAnonymous = () => SetMetadata<symbol, Access>(ACCESS, 'anonymous');

/** Injects the Principal; undefined for an anonymous visitor of a route with `@AllowAnonymous()`. */
export const CurrentPrincipal = createParamDecorator((_data: unknown, context: ExecutionContext) => {
  return context.switchToHttp().getRequest<FastifyRequest>().principal;
});

/** Injects the user of the session or of the API token; undefined where the Principal is. */
export const CurrentUser = createParamDecorator((_data: unknown, context: ExecutionContext) => {
  return context.switchToHttp().getRequest<FastifyRequest>().principal?.user;
});

/**
 * Authenticates requests by API token or session. Throws `not_authenticated` for anonymous visitors, except on routes with
 * `@AllowAnonymous()` or `@Public()`.
 */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    @Inject(AuthService) private readonly auth: AuthService,
    @Inject(Reflector) private readonly reflector: Reflector,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const targets = [context.getHandler(), context.getClass()];
    const access = this.reflector.getAllAndOverride<Access | undefined>(ACCESS, targets);
    return access === 'public' || this.authenticate(context, access);
  }

  private async authenticate(context: ExecutionContext, access: Access | undefined): Promise<boolean> {
    const http = context.switchToHttp();
    const [request, reply] = [http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>()];
    const exchange = { request, reply };
    request.principal = await (access === 'anonymous' ? this.auth.find(exchange) : this.auth.load(exchange));
    return true;
  }
}
