import type { BlueprintError, BlueprintErrorCode } from './blueprint-error.js';
import type { Collection, FieldWarning, FoundObject } from './collection.js';
import type { Entry } from './document.js';
import type { JsonMap } from './json.js';
import type { Pk } from './tagged-value.js';

/** A warning about a part of an entry that has no effect. */
export interface EntryWarning {
  readonly rule: 'ignored-field' | 'left-out' | 'permissions' | 'no-value' | FieldWarning['rule'];
  readonly field?: string;
  readonly text: string;
}

/** An entry and the file that contains it. */
export interface EntryOrigin {
  readonly file: string;
  readonly entry: Entry;
}

/**
 * Receives every finding of a run. Only the linter has an observer (`FindingCollector`): it applies files in memory,
 * without a database, and continues after an error instead of throwing it.
 */
export interface ApplyObserver {
  /** Reports a fault of the document, such as a key that the format does not have. */
  onFault(error: BlueprintError, rule: 'ignored-field' | BlueprintErrorCode): void;
  onSaved(origin: EntryOrigin, model: string, pk: Pk): void;
  onWarning(origin: EntryOrigin, notice: EntryWarning): void;
  /** Returns a placeholder pk for the object that could not be saved, so that later references to it resolve. */
  onError(origin: EntryOrigin, error: BlueprintError): Pk;
  /**
   * Returns a placeholder pk for an object that `!Find` did not find in the files, and that may exist in the database
   * to which the files will be applied.
   */
  onMissingReference(origin: EntryOrigin, missing: MissingReference): Pk;
}

/** What a `!Find` did not find, and a question that suggests the object with the most similar value. */
export interface Unfound {
  readonly searched: string;
  readonly question: string;
}

/** An object that a `!Find` did not find. */
export interface MissingReference extends Unfound {
  readonly model: string;
  /** Line of the tag. */
  readonly line: number | undefined;
}

/** Returns the warnings about values that an entry saves although they will not work. */
export async function fieldWarnings(
  collection: Collection,
  values: JsonMap,
  existing: FoundObject | undefined,
): Promise<EntryWarning[]> {
  const warnings = (await collection.warnings?.(values, existing)) ?? [];
  return warnings.map(({ rule, field, text }) => ({
    rule,
    field,
    text: `${field}: ${text}`,
  }));
}
