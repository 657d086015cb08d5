import type { Collection, FoundObject } from './collection.js';
import { canonical, type JsonMap } from './json.js';
import type { EntryChange } from './report.js';

/** What applying an entry of a blueprint has done, and the fields that it has set. */
export interface AppliedEntry {
  readonly change: EntryChange;
  readonly fields: ReadonlySet<string>;
}

/**
 * The entries of the last applied version of a file, by key. An update first applies this version again, and rolls it
 * back. An outcome other than `unchanged` shows that an administrator has changed or removed the object since.
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
 * Returns why an update leaves the object of an entry as it is, or `undefined` if the update applies the entry. It
 * leaves
 * - an existing object that the last applied version of the file does not describe
 * - an object that was created, changed or removed since that version was applied
 * - an object of which the entry would set or remove a field that the version did not set, unless the field has its
 *   default value
 */
export function reasonToKeep(before: EntriesBefore, entry: NewEntry): string | undefined {
  const { key, isAbsent, attrs, collection, existing } = entry;
  const applied = before.get(key);
  if (!applied) return existing && 'it does not come from this blueprint';
  const { outcome, differences = [] } = applied.change;
  if (outcome === 'created') return isAbsent ? undefined : 'it was removed here';
  if (outcome === 'removed') return 'it was created here';
  if (outcome === 'changed') {
    const fields = differences.map(({ field }) => field);
    return fields.length > 0 ? `it was changed here: ${fields.join(', ')}` : 'it was changed here';
  }
  if (!existing) return undefined;
  // A removal also removes the fields that the blueprint did not set.
  const written = isAbsent
    ? [...collection.fields]
    : Object.keys(attrs).filter((field) => collection.fields.has(field));
  const own = written.find((field) => !applied.fields.has(field) && collection.hasDefault?.(existing, field) !== true);
  return own && `${own} was not set by the blueprint, and may have been set here`;
}
