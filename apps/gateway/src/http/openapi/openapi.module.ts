import { type DynamicModule, Global, Module, type Type } from '@nestjs/common';
import { MODULE_METADATA } from '@nestjs/common/constants.js';
import { PublishedSchema } from './published-schema.js';
import type { Schema } from './schema-writer.js';

/** Provides the PublishedSchema to all modules. */
@Global()
@Module({})
export class OpenApiModule {
  static forRoot(write: () => Schema): DynamicModule {
    const schema = { provide: PublishedSchema, useFactory: () => new PublishedSchema(write) };
    return { module: OpenApiModule, providers: [schema], exports: [PublishedSchema] };
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
