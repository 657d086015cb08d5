import { BlueprintError } from './blueprint-error.js';
import { ValidationError } from './collection.js';
import type { Entry } from './document.js';

/** Returns a BlueprintError with the field and its line for a ValidationError, and any other error unchanged. */
export function toBlueprintError(error: unknown, entry: Entry): unknown {
  if (!(error instanceof ValidationError)) return error;
  const { field, text } = error.first;
  return new BlueprintError(
    text,
    { field, line: field === undefined ? undefined : entry.lineOf(field) },
    { cause: error, code: error.code },
  );
}
