import {
  type CanActivate,
  createParamDecorator,
  type ExecutionContext,
  Inject,
  Injectable,
  SetMetadata,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { type Page, parsePage } from './pagination.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The page number and size in the query, on routes with `@Paginated()`. */
    page?: Page;
  }
}

const PAGINATED = Symbol('paginated');

/** Marks a route that returns one page of a list. The query names the page. */
export const Paginated = () => SetMetadata(PAGINATED, true);

/** Injects the page number and size in the query, on routes with `@Paginated()`. */
export const RequestedPage = createParamDecorator(
  (_data: unknown, context: ExecutionContext) => requestOf(context).page,
);

/**
 * Throws `not_found` for an invalid page number. This is a guard and not a pipe, because Nest runs pipes after all
 * guards, and the page number is checked before the AuthGuard (docs/adr/0040).
 */
@Injectable()
export class PaginationGuard implements CanActivate {
  constructor(@Inject(Reflector) private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const request = requestOf(context);
    if (this.reflector.get<boolean | undefined>(PAGINATED, context.getHandler())) request.page = parsePage(request);
    return true;
  }
}

const requestOf = (context: ExecutionContext) => context.switchToHttp().getRequest<FastifyRequest>();
