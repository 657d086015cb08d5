import type { ApiView } from '@gatehouse/contracts';
import { type DynamicModule, Global, Module, type Type } from '@nestjs/common';
import { MODULE_METADATA } from '@nestjs/common/constants.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../../gateway.config.js';
import { CompleteSchema, PublishedSchema } from './published-schema.js';
import type { Schema } from './schema-writer.js';

/** Provides the PublishedSchema and the CompleteSchema to all modules. */
@Global()
@Module({})
export class OpenApiModule {
  static forRoot(write: (view: ApiView) => Schema): DynamicModule {
    const published = {
      provide: PublishedSchema,
      inject: [GATEWAY_CONFIG],
      useFactory: ({ API_VERSION: version }: GatewayConfig) => new PublishedSchema(() => write(version)),
    };
    const complete = { provide: CompleteSchema, useFactory: () => new CompleteSchema(() => write('complete')) };
    return { module: OpenApiModule, providers: [published, complete], exports: [PublishedSchema, CompleteSchema] };
  }
}

/** Returns the controllers of a module and of all modules that it imports. */
export function controllersOf(root: Type): Type[] {
  const modules = new Set([root]);
  // A loop over a Set also visits the modules that it adds while it runs.
  for (const module of modules) for (const imported of metadata(module, MODULE_METADATA.IMPORTS)) modules.add(imported);
  return [...modules].flatMap((module) => metadata(module, MODULE_METADATA.CONTROLLERS));
}

const metadata = (module: Type, key: string): readonly Type[] =>
  (Reflect.getMetadata(key, module) as readonly Type[] | undefined) ?? [];
