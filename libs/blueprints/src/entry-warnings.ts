import { type EntryWarning, fieldWarnings } from './apply-observer.js';
import type { Collection, FoundObject } from './collection.js';
import type { Entry } from './document.js';
import type { JsonMap } from './json.js';
import type { SkippedEntries } from './skipped-entries.js';

interface Subject {
  /** The values to save. `written` also contains the references to skipped entries. */
  readonly values: JsonMap;
  readonly written: JsonMap;
  readonly existing: FoundObject | undefined;
  readonly collection: Collection;
  readonly skippedEntries: SkippedEntries;
}

/** Returns the warnings about parts of an entry that have no effect, or not the intended effect. */
export async function entryWarnings(entry: Entry, subject: Subject): Promise<EntryWarning[]> {
  const { collection, values, existing } = subject;
  return [
    ...partialReferences(subject),
    ...(entry.permissions.length > 0 ? [PERMISSIONS] : []),
    ...(await fieldWarnings(collection, values, existing)),
  ];
}

const PERMISSIONS: EntryWarning = {
  rule: 'permissions',
  text: 'object permissions are not supported; they are ignored',
};

const partialReferences = ({ written, collection: { fields }, skippedEntries }: Subject): EntryWarning[] =>
  Object.entries(written).flatMap(([field, value]): EntryWarning[] => {
    const name = fields.has(field) ? skippedEntries.nameIn(value) : undefined;
    const text = `${field} omits the reference to the skipped entry ${name}`;
    return name === undefined ? [] : [{ rule: 'left-out', field, text }];
  });
