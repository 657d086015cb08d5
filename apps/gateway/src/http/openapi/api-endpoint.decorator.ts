import { type HttpStatus, RequestMethod, SetMetadata, type Type } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import type { z } from 'zod';

/** What the published schema says of an endpoint; path and method are the route's own. */
export interface EndpointOptions {
  /** The operation id, which generated clients name their methods by. */
  readonly id: string;
  readonly description: string;
  readonly tag: string;
  /** Whether a stranger may ask too. */
  readonly anonymous?: boolean;
  readonly query?: Readonly<Record<string, z.ZodType>>;
  readonly body?: z.ZodType;
  /** What is answered, by status; `null` for an answer without a body. Refusals that any endpoint has are added. */
  readonly answers: Readonly<Partial<Record<HttpStatus, z.ZodType | null>>>;
  /** Media types of the answers, where they are not JSON alone. */
  readonly produces?: readonly string[];
}

/** An endpoint that is in the published schema. */
export interface DocumentedEndpoint {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** With parameters as OpenAPI writes them, `{flow_slug}`, and a final slash. */
  readonly path: string;
  readonly operation: EndpointOptions;
}

const OPERATION = Symbol('operation');

/** Puts a controller's endpoint into the published schema. */
export const ApiEndpoint = (operation: EndpointOptions): MethodDecorator => SetMetadata(OPERATION, operation);

/** The described endpoints of controllers, in their order. */
export const documentedEndpoints = (controllers: readonly Type[]): DocumentedEndpoint[] =>
  controllers.flatMap((controller) => {
    const handlers = Object.values(Object.getOwnPropertyDescriptors(controller.prototype));
    return handlers.flatMap(({ value }) => {
      const operation = value && (Reflect.getMetadata(OPERATION, value) as EndpointOptions | undefined);
      return operation ? [{ ...routeOf(controller, value as object), operation }] : [];
    });
  });

function routeOf(controller: Type, handler: object): Omit<DocumentedEndpoint, 'operation'> {
  const method = RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod];
  const parts = [controller, handler].map((part) => String(Reflect.getMetadata(PATH_METADATA, part)));
  const segments = parts.join('/').split('/').filter(Boolean);
  const path = segments.map((segment) => segment.replace(/^:(.+)$/, '{$1}')).join('/');
  return { method: method.toLowerCase() as DocumentedEndpoint['method'], path: `/${path}/` };
}
