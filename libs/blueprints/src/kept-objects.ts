import type { Collection, FoundObject } from './collection.js';
import { canonical, type JsonMap } from './json.js';
import type { EntryChange } from './report.js';

/** What applying an entry of a blueprint has done, and the fields that it has set. */
export interface AppliedEntry {
  readonly change: EntryChange;
  readonly fields: ReadonlySet<string>;
}

/**
 * Entries of a file that were applied last to the stored objects, by key, in a run that was rolled back: an outcome other
 * than `unchanged` shows that an administrator has changed or removed the object.
 */
export type EntriesBefore = ReadonlyMap<string, AppliedEntry>;

/** Returns the key by which an entry is recognised in another version of its file. */
export const entryKey = (model: string, identifiers: JsonMap): string => canonical([model, identifiers]);

interface NewEntry {
  readonly key: string;
  readonly isAbsent: boolean;
  readonly attrs: JsonMap;
  readonly collection: Collection;
  readonly existing: FoundObject | undefined;
}

/**
 * Returns why an update leaves the object of an entry as it is, or `undefined` if the entry is applied. An object is left
 * if it differs from the version of the file that was applied last, if that version did not have it, or if the entry sets
 * a further field, or removes the object with a further field, that has another value than the default.
 */
export function reasonToKeep(before: EntriesBefore, entry: NewEntry): string | undefined {
  const { key, isAbsent, attrs, collection, existing } = entry;
  const applied = before.get(key);
  if (!applied) return existing && 'it is not of this blueprint';
  const { outcome, differences = [] } = applied.change;
  if (outcome === 'created') return isAbsent ? undefined : 'it was removed here';
  if (outcome === 'removed') return 'it was created here';
  if (outcome === 'changed') {
    const fields = differences.map(({ field }) => field);
    return fields.length > 0 ? `it was changed here: ${fields.join(', ')}` : 'it was changed here';
  }
  if (!existing) return undefined;
  // A removal also loses the fields that the blueprint did not set.
  const written = isAbsent
    ? [...collection.fields]
    : Object.keys(attrs).filter((field) => collection.fields.has(field));
  const own = written.find((field) => !applied.fields.has(field) && collection.hasDefault?.(existing, field) !== true);
  return own && `${own} was not set by the blueprint, and may have been set here`;
}
