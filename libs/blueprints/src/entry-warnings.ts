import type { EntryWarning } from './apply-observer.js';
import type { Entry } from './document.js';
import type { JsonMap } from './json.js';
import type { SkippedEntries } from './skipped-entries.js';

/** Returns the warnings about references to skipped entries, and about object permissions, of an entry. */
export function entryWarnings(
  { permissions }: Entry,
  values: JsonMap,
  { fields, skippedEntries }: { readonly fields: ReadonlySet<string>; readonly skippedEntries: SkippedEntries },
): EntryWarning[] {
  const partial = Object.entries(values).flatMap(([field, value]): EntryWarning[] => {
    const name = fields.has(field) ? skippedEntries.nameIn(value) : undefined;
    const text = `${field} omits the reference to the skipped entry ${name}`;
    return name === undefined ? [] : [{ rule: 'left-out', field, text }];
  });
  if (permissions.length === 0) return partial;
  return [...partial, { rule: 'permissions', text: 'object permissions are not supported; they are ignored' }];
}
