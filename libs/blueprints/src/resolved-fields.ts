import type { Json, JsonMap } from './json.js';
import { type ResolutionScope, resolve, type TaggedMap } from './tagged-value.js';

/** The resolved fields of an entry. */
export interface ResolvedFields {
  readonly values: JsonMap;
  /** The first unset environment variable of each field that has one. */
  readonly unsetVariables: ReadonlyMap<string, string>;
  /** For each field with a tag that found nothing, a sentence that says so. */
  readonly unfound: ReadonlyMap<string, string>;
}

/** Resolves the tags in the fields of an entry. */
export async function resolveFields(fields: TaggedMap, scope: ResolutionScope): Promise<ResolvedFields> {
  const values: [field: string, value: Json][] = [];
  const unset = new Map<string, string>();
  const missing = new Map<string, string>();
  for (const [field, value] of Object.entries(fields)) {
    const [unsetVariables, unfound]: [string[], string[]] = [[], []];
    values.push([field, await resolve(value, { ...scope, unsetVariables, unfound })]);
    const [[variable], [text]] = [unsetVariables, unfound];
    if (variable !== undefined) unset.set(field, variable);
    if (text !== undefined) missing.set(field, text);
  }
  return { values: Object.fromEntries(values), unsetVariables: unset, unfound: missing };
}
