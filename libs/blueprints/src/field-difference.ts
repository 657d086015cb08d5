import type { Draft } from './draft.js';
import { equal, type Json } from './json.js';
import type { BlueprintObject } from './object-model.js';
import { secretPaths } from './sealed-object-store.js';

/** A field of a stored object to which an entry gives another value. */
export interface FieldDifference {
  readonly field: string;
  /** The values as JSON, with names in place of ids. Secrets are hidden. */
  readonly stored: string;
  readonly written: string;
}

const HIDDEN = '(hidden)';

/** Returns the fields in which an object differs from the same object in the draft. */
export function fieldDifferences(draft: Draft, stored: BlueprintObject, written: BlueprintObject): FieldDifference[] {
  const model = draft.modelOf(written);
  const secrets = new Set((model ? secretPaths(model, written.values) : []).map(([field]) => field));
  const names = Object.keys({ ...stored.values, ...written.values });
  return names
    .filter((field) => !equal(stored.values[field] ?? null, written.values[field] ?? null))
    .map((field) => {
      const textOf = ({ values }: BlueprintObject) =>
        secrets.has(field) ? HIDDEN : JSON.stringify(values[field] ?? null, (_, value: Json) => nameOf(draft, value));
      return { field, stored: textOf(stored), written: textOf(written) };
    });
}

/** Returns the display name of the object with this id, and any other value unchanged. */
function nameOf(draft: Draft, value: Json): Json {
  const object = typeof value === 'string' ? draft.get(value) : undefined;
  return object ? draft.displayName(object) : value;
}
