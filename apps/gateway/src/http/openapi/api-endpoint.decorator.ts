import { applyDecorators, type HttpStatus, RequestMethod, SetMetadata, type Type } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { RouteConfig } from '@nestjs/platform-fastify';
import { z } from 'zod';
import { SINCE_2026_ROUTE } from '../routing.hooks.js';

/** Description of an endpoint in the published schema. Path and method come from the route. */
export interface EndpointOptions {
  /** The operation id, from which generated clients derive the names of their methods. */
  readonly id: string;
  readonly description: string;
  readonly tag: string;
  /** Set if authentik has had the endpoint only since this version. Under older versions, its address is unknown. */
  readonly since?: '2026.8';
  /** Whether anonymous visitors may request the endpoint. */
  readonly anonymous?: boolean;
  /**
   * The query parameters and the body. The schema of an API version leaves out the parameters and fields that this
   * version does not have.
   */
  readonly query?: Readonly<Record<string, z.ZodType>>;
  readonly body?: z.ZodType;
  /** Media type of the body; JSON by default. */
  readonly consumes?: string;
  /** Bodies of the responses by status; `null` for no body. The statuses 400 and 403 are added to every endpoint. */
  readonly answers: Readonly<Partial<Record<HttpStatus, z.ZodType | null>>>;
  /** Media types of the responses; JSON by default. Refusals are always JSON. */
  readonly produces?: readonly string[];
}

/** An endpoint of the published schema. */
export interface DocumentedEndpoint {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** Path with parameters in OpenAPI form, `{flow_slug}`, and a final slash. */
  readonly path: string;
  readonly operation: EndpointOptions;
}

const OPERATION = Symbol('operation');

/** Adds an endpoint to the published schema. */
export const ApiEndpoint = (operation: EndpointOptions): MethodDecorator =>
  applyDecorators(SetMetadata(OPERATION, operation), ...(operation.since ? [RouteConfig(SINCE_2026_ROUTE)] : []));

/** Returns the endpoints of controllers with `@ApiEndpoint`, in their order. */
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

/** Body of a response to an invalid request. */
export const validationError = z
  .looseObject({ non_field_errors: z.array(z.string()).optional(), code: z.string().optional() })
  .meta({ id: 'ValidationError', description: 'The errors of an invalid request, by field.' });

/** Body of a response to a refused request. */
export const genericError = z
  .object({ detail: z.string(), code: z.string().optional() })
  .meta({ id: 'GenericError', description: 'The reason why a request was refused.' });
