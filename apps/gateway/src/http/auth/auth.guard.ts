import type { TokenScope } from '@gatehouse/directory';
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

/** Who may request a route, as its decorators say. */
export interface RouteAccess {
  readonly access: Access | undefined;
  /** Scope that an API token may have on the route. Tokens without a scope are accepted too. */
  readonly scope: TokenScope | undefined;
}

const ACCESS = Symbol('access');
const TOKEN_SCOPE = Symbol('token scope');

/** Marks a route that needs no authentication, or whose handler authenticates the request itself. */
export const Public = () => SetMetadata<symbol, Access>(ACCESS, 'public');

/** Marks a route that anonymous visitors may request too, within the anonymous rate limit. */
export const AllowAnonymous = () => SetMetadata<symbol, Access>(ACCESS, 'anonymous');

/** Marks a route that accepts API tokens with the scope. All other routes refuse them with `token_scope`. */
export const AllowTokenScope = (scope: TokenScope) => SetMetadata(TOKEN_SCOPE, scope);

/** Returns the access rules of a route. `targets` are its handler and its controller. */
export const routeAccess = (
  reflector: Reflector,
  targets: Parameters<Reflector['getAllAndOverride']>[1],
): RouteAccess => ({
  access: reflector.getAllAndOverride<Access | undefined>(ACCESS, targets),
  scope: reflector.getAllAndOverride<TokenScope | undefined>(TOKEN_SCOPE, targets),
});

/** Injects the Principal; undefined for an anonymous visitor of a route with `@AllowAnonymous()`. */
export const CurrentPrincipal = createParamDecorator((_data: unknown, context: ExecutionContext) => {
  return context.switchToHttp().getRequest<FastifyRequest>().principal;
});

/** Injects the user of the session or of the API token; undefined for an anonymous visitor. */
export const CurrentUser = createParamDecorator((_data: unknown, context: ExecutionContext) => {
  return context.switchToHttp().getRequest<FastifyRequest>().principal?.user;
});

/**
 * Authenticates requests by API token or session. Throws `not_authenticated` for anonymous visitors, except on routes with
 * `@AllowAnonymous()` or `@Public()`, and `token_scope` for scoped tokens, except on routes with `@AllowTokenScope()`.
 */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    @Inject(AuthService) private readonly auth: AuthService,
    @Inject(Reflector) private readonly reflector: Reflector,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const route = routeAccess(this.reflector, [context.getHandler(), context.getClass()]);
    return route.access === 'public' || this.authenticate(context, route);
  }

  private async authenticate(context: ExecutionContext, { access, scope }: RouteAccess): Promise<boolean> {
    const http = context.switchToHttp();
    const [request, reply] = [http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>()];
    const exchange = { request, reply };
    request.principal = await (access === 'anonymous'
      ? this.auth.find(exchange, scope)
      : this.auth.load(exchange, scope));
    return true;
  }
}
