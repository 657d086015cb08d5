import { stringify } from 'yaml';
import type { Schema } from './schema-writer.js';

/** The published schema as it is sent: written once, for whoever asks first, so that no start waits for it. */
export class PublishedSchema {
  private readonly written: { document?: Schema; json?: string; yaml?: string } = {};

  constructor(private readonly write: () => Schema) {}

  get document(): Schema {
    return (this.written.document ??= this.write());
  }

  get json(): string {
    return (this.written.json ??= JSON.stringify(this.document));
  }

  get yaml(): string {
    return (this.written.yaml ??= stringify(this.document, { aliasDuplicateObjects: false }));
  }
}
