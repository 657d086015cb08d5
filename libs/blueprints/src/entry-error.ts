import { BlueprintError } from './blueprint-error.js';
import { type FieldText, ValidationError } from './collection.js';
import { withFullStop } from './described-value.js';
import type { Entry } from './document.js';

/**
 * Returns a BlueprintError with the field and its line for each field of a ValidationError, and any other error
 * unchanged.
 */
export function toBlueprintErrors(error: unknown, entry: Entry): unknown[] {
  if (!(error instanceof ValidationError)) return [error];
  return error.all.map((part) => fieldError(error, part, entry));
}

/** Returns the first error, with the messages of all other fields at its end. */
export function toBlueprintError(error: unknown, entry: Entry): unknown {
  if (!(error instanceof ValidationError)) return error;
  const [first = error.first, ...others] = error.all;
  if (others.length === 0) return fieldError(error, first, entry);
  const rest = [...new Set(others.map(({ text }) => text))].map((text) => {
    const fields = others.filter((other) => other.text === text).map(({ field }) => field ?? 'the object');
    return `Also ${fields.join(', ')}: ${withFullStop(text)}`;
  });
  return fieldError(error, { field: first.field, text: [withFullStop(first.text), ...rest].join(' ') }, entry);
}

function fieldError(cause: ValidationError, { field, text }: FieldText, entry: Entry): BlueprintError {
  const line = field === undefined ? undefined : entry.lineOf(field);
  return new BlueprintError(text, { field, line }, { cause, code: cause.code });
}
