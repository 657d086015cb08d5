import { stringify } from 'yaml';
import type { Schema } from './schema-writer.js';

/**
 * The published schema, which describes the configured API version. Generated at the first request, so that it does not
 * delay the start of the gateway.
 */
export class PublishedSchema {
  private readonly cache: { document?: Schema; json?: string; yaml?: string } = {};

  constructor(private readonly write: () => Schema) {}

  get document(): Schema {
    return (this.cache.document ??= this.write());
  }

  get json(): string {
    return (this.cache.json ??= JSON.stringify(this.document));
  }

  get yaml(): string {
    return (this.cache.yaml ??= stringify(this.document, { aliasDuplicateObjects: false }));
  }
}

/** The schema of all fields, for clients that ask for all fields (docs/spec/api-versions.md). */
export class CompleteSchema extends PublishedSchema {}
