import { RequestMethod, type Type } from '@nestjs/common';
import { GUARDS_METADATA, METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { describe, expect, it } from 'vitest';
import { GatewayModule } from '../../gateway.module.js';
import { controllersOf } from '../openapi/openapi.module.js';
import { CsrfGuard } from './csrf.guard.js';

const SAFE_METHODS: ReadonlySet<RequestMethod> = new Set([
  RequestMethod.GET,
  RequestMethod.HEAD,
  RequestMethod.OPTIONS,
]);

/** The routes without a CsrfGuard, which check for CSRF in another way. Each value describes how. */
const CHECKED_ELSEWHERE: Readonly<Record<string, string>> = {
  'POST /api/v3/flows/executor/:flow_slug':
    'the executor checks after the rate limit (docs/spec/http.md#order-of-checks)',
  'POST /api/v3/sources/plex/redeem_token': 'logs in an anonymous visitor, so only the origin is checked',
  'POST /api/v3/stages/authenticator/duo/:stage_uuid/enrollment_status':
    'is an answer to the executor, which checks it',
};

interface Route {
  readonly name: string;
  readonly isGuarded: boolean;
}

/** Returns the routes of a controller with a method that changes state. */
function writesOf(controller: Type): Route[] {
  const handlers = Object.values(Object.getOwnPropertyDescriptors(controller.prototype)).map(({ value }) => value);
  return handlers.flatMap((handler: unknown) => {
    if (typeof handler !== 'function') return [];
    const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined;
    if (method === undefined || SAFE_METHODS.has(method)) return [];
    const paths = [controller, handler].map((target) => String(Reflect.getMetadata(PATH_METADATA, target)));
    const guards = [controller, handler].flatMap(
      (target) => (Reflect.getMetadata(GUARDS_METADATA, target) as readonly unknown[] | undefined) ?? [],
    );
    const path = paths.join('/').split('/').filter(Boolean).join('/');
    return [{ name: `${RequestMethod[method]} /${path}`, isGuarded: guards.includes(CsrfGuard) }];
  });
}

describe('every route under /api/ that changes state', () => {
  const routes = controllersOf(GatewayModule)
    .flatMap(writesOf)
    .filter(({ name }) => name.includes(' /api/'));

  it('has the CsrfGuard, or is in the list of routes that check for CSRF themselves', () => {
    expect(routes.length).toBeGreaterThan(10);
    const unguarded = routes.filter(({ isGuarded }) => !isGuarded).map(({ name }) => name);
    expect(unguarded.sort()).toEqual(Object.keys(CHECKED_ELSEWHERE).sort());
  });
});
