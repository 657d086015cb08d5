import { stringify } from 'yaml';
import type { Schema } from './schema-writer.js';

/** The published schema as it is sent, written once. */
export class SchemaTexts {
  readonly json: string;
  readonly yaml: string;

  constructor(document: Schema) {
    this.json = JSON.stringify(document);
    this.yaml = stringify(document, { aliasDuplicateObjects: false });
  }
}
