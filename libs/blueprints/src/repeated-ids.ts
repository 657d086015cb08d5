import { isDeepStrictEqual } from 'node:util';
import { BlueprintError, type EntryLocation } from './blueprint-error.js';

/** The parts of an entry that show whether two entries with the same id describe the same object. */
interface Entry {
  readonly id?: string | undefined;
  readonly model: unknown;
  readonly identifiers: object;
  readonly conditions: readonly unknown[];
  readonly location: EntryLocation;
  readonly line: number | undefined;
  readonly lineOfKey: (key: string) => number | undefined;
}

/**
 * Returns an error for each entry with the id of an earlier entry, because `!KeyOf` finds only the first entry. Entries
 * with conditions may be alternatives, and entries with the same identifiers describe the same object, so they may
 * share an id.
 */
export function repeatedIds(entries: readonly Entry[]): BlueprintError[] {
  const firsts = new Map<string, Entry>();
  return entries.flatMap((entry) => {
    const { id, location } = entry;
    if (id === undefined) return [];
    const first = firsts.get(id);
    if (!first) firsts.set(id, entry);
    if (!first || mayShare(first, entry)) return [];
    const line = entry.lineOfKey('id');
    const text = `entry ${first.location.number} (line ${first.line}) has the same id ${id}. Give one of them another id`;
    return [new BlueprintError(text, { line, entry: location, field: 'id' })];
  });
}

const mayShare = (first: Entry, second: Entry): boolean =>
  [first, second].some(({ conditions }) => conditions.length > 0) ||
  (first.model === second.model && isDeepStrictEqual(first.identifiers, second.identifiers));
