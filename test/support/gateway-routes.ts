import { readConfig } from '@gatehouse/platform';
import { type DynamicModule, RequestMethod, type Type } from '@nestjs/common';
import { METHOD_METADATA, MODULE_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { Reflector } from '@nestjs/core';
import { gatewayConfig } from '../../apps/gateway/src/gateway.config.js';
import { GatewayModule } from '../../apps/gateway/src/gateway.module.js';
import { type RouteAccess, routeAccess } from '../../apps/gateway/src/http/auth/auth.guard.js';
import type { Infrastructure } from '../../apps/gateway/src/infrastructure.module.js';

const SETTINGS = {
  DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
  SEAL_KEYS: `test:${Buffer.alloc(32).toString('base64')}`,
  SECRET_KEY: 'x'.repeat(32),
};

/** A route of the gateway, and who may request it. */
export interface GatewayRoute extends RouteAccess {
  readonly method: string;
  /** Path with its parameters, such as `/api/v3/flows/instances/:slug/diagram/`. */
  readonly path: string;
}

/** Returns all routes of all controllers of the gateway. */
export function gatewayRoutes(): GatewayRoute[] {
  // Reads the graph of the modules without creating them, so nothing connects to Postgres or NATS.
  const infrastructure = { config: readConfig(gatewayConfig, SETTINGS) } as Infrastructure;
  const controllers = new Set(controllersOf(GatewayModule.forRoot(infrastructure), new Set()));
  return [...controllers].flatMap(routesOf);
}

type Module = Type | DynamicModule | { readonly forwardRef: () => Type };

function controllersOf(module: Module, seen: Set<unknown>): Type[] {
  if ('forwardRef' in module) return controllersOf(module.forwardRef(), seen);
  const dynamic = 'module' in module ? module : undefined;
  const type = dynamic?.module ?? (module as Type);
  if (seen.has(type)) return [];
  seen.add(type);
  const listed = <T>(key: string) => (Reflect.getMetadata(key, type) ?? []) as T[];
  const imports = [...((dynamic?.imports ?? []) as Module[]), ...listed<Module>(MODULE_METADATA.IMPORTS)];
  const own = [...(dynamic?.controllers ?? []), ...listed<Type>(MODULE_METADATA.CONTROLLERS)];
  return [...own, ...imports.flatMap((imported) => controllersOf(imported, seen))];
}

function routesOf(controller: Type): GatewayRoute[] {
  const reflector = new Reflector();
  return Object.values(Object.getOwnPropertyDescriptors(controller.prototype)).flatMap(({ value }) => {
    const method = value && (Reflect.getMetadata(METHOD_METADATA, value) as RequestMethod | undefined);
    if (method === undefined) return [];
    const paths = [controller, value].map((part) => [Reflect.getMetadata(PATH_METADATA, part) as string].flat());
    const [before = [], after = []] = paths;
    return before.flatMap((prefix) =>
      after.map((own) => ({
        ...routeAccess(reflector, [value, controller]),
        method: RequestMethod[method] ?? '',
        path: `/${[prefix, own].join('/')}`.replace(/\/{2,}/g, '/'),
      })),
    );
  });
}
