import { createRequire } from 'node:module';
import type ts from 'typescript';

/**
 * The TypeScript compiler. An `import` of this CommonJS package takes three times as long, because Node then searches it
 * for its exports.
 */
export const compiler: typeof ts = createRequire(import.meta.url)('typescript');
