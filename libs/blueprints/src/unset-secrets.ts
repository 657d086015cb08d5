import { BlueprintError } from './blueprint-error.js';
import type { Entry } from './document.js';
import type { Json, JsonMap } from './json.js';
import { type ResolutionScope, resolve, type TaggedMap } from './tagged-value.js';

/** The resolved fields of an entry. */
interface ResolvedAttrs {
  readonly values: JsonMap;
  /** The first unset environment variable of each field that has one. */
  readonly unsetVariables: ReadonlyMap<string, string>;
}

/** Resolves the tags in the fields of an entry. */
export async function resolveAttrs(attrs: TaggedMap, scope: ResolutionScope): Promise<ResolvedAttrs> {
  const values: [field: string, value: Json][] = [];
  const unset = new Map<string, string>();
  for (const [field, value] of Object.entries(attrs)) {
    const unsetVariables: string[] = [];
    values.push([field, await resolve(value, { ...scope, unsetVariables })]);
    const [variable] = unsetVariables;
    if (variable !== undefined) unset.set(field, variable);
  }
  return { values: Object.fromEntries(values), unsetVariables: unset };
}

/**
 * Throws BlueprintError for a secret that is an unset environment variable, because a user would have no password, and
 * a stage no secret.
 */
export function rejectUnsetSecrets(
  entry: Entry,
  secrets: ReadonlySet<string> | undefined,
  { unsetVariables }: Pick<ResolvedAttrs, 'unsetVariables'>,
): void {
  for (const [field, variable] of unsetVariables) {
    if (!secrets?.has(field)) continue;
    const advice = `Set it, or give !Env a default: [${variable}, default]`;
    const reason = `the environment variable ${variable} is not set. ${advice}`;
    throw new BlueprintError(reason, { field, line: entry.lineOf(field) });
  }
}
