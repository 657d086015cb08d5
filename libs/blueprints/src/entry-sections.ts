import { BlueprintError } from './blueprint-error.js';
import { describedValue } from './described-value.js';
import { isMap } from './json.js';
import type { TaggedMap, TaggedValue } from './tagged-value.js';
import type { YamlSource } from './yaml-source.js';

/** The value of `entries`: a list, or a map of sections, each with a list. */
export type WrittenEntries = readonly TaggedValue[] | TaggedMap;

export const isWrittenEntries = (value: unknown): value is WrittenEntries => Array.isArray(value) || isMap(value);

/** Returns the entries of all sections in file order. Throws BlueprintError for a section that is no list. */
export function joinSections(entries: WrittenEntries, source: YamlSource): readonly TaggedValue[] {
  if (Array.isArray(entries)) return entries;
  return Object.entries(entries as TaggedMap).flatMap(([name, section]) => {
    if (section === null) return [];
    if (Array.isArray(section)) return section as readonly TaggedValue[];
    throw new BlueprintError(`the section ${name} of entries: must be a list; it is ${describedValue(section)}`, {
      line: source.lineOf(entries, name),
    });
  });
}
