import type { EntryWarning } from './apply-observer.js';
import { BlueprintError } from './blueprint-error.js';
import { type Collection, ValidationError } from './collection.js';
import type { JsonMap } from './json.js';
import type { ResolvedFields } from './resolved-fields.js';
import { closestTo } from './suggestion.js';
import type { Pk, SearchResult } from './tagged-value.js';

interface Search {
  readonly model: string;
  readonly fields: JsonMap;
}

/**
 * Returns the pk of the first object with these values, else that of `placeholder`, else what was searched in vain. Throws
 * BlueprintError for an unknown field.
 */
export async function search(
  collection: Collection,
  { model, fields }: Search,
  placeholder: () => Pk | undefined,
): Promise<SearchResult> {
  const object = await collection.find(fields).catch((error: unknown) => {
    throw searchError(error);
  });
  const pk = object?.pk ?? placeholder();
  return pk === undefined ? { pk: null, unfound: unfoundText({ model, fields }, collection) } : { pk };
}

/** Says what a `!Find` searched in vain, and which object has almost the same value. */
function unfoundText({ model, fields }: Search, collection: Collection): string {
  const searched = Object.entries(fields).map(([field, value]) => `${field} ${JSON.stringify(value)}`);
  const meant = Object.entries(fields).flatMap(([field, value]) => {
    const closest = typeof value === 'string' ? closestTo(value, collection.valuesOf?.(field) ?? []) : undefined;
    return closest === undefined || closest === value ? [] : [`${field} ${JSON.stringify(closest)}`];
  });
  const question = meant.length > 0 ? ` Did you mean ${meant.join(' and ')}?` : '';
  return `!Find found no ${model} with ${searched.join(' and ')}.${question}`;
}

/** Returns the error of a search as a BlueprintError, which gets the line of the tag. */
function searchError(error: unknown): unknown {
  if (!(error instanceof ValidationError)) return error;
  return new BlueprintError(`!Find: ${error.first.text}`, {}, { cause: error, code: error.code });
}

/** Returns a warning for each field that was saved although a tag found nothing for it. */
export const unfoundWarnings = (unfound: ResolvedFields['unfound']): EntryWarning[] =>
  [...unfound].map(([field, text]) => ({ rule: 'no-value', field, text: `${field} has no value: ${text}` }));

/** Adds to the error of a field that a tag found nothing for it, or that its environment variable is not set. */
export function withReason(error: unknown, { unfound, unsetVariables }: Omit<ResolvedFields, 'values'>): unknown {
  const { field, text } = error instanceof ValidationError ? error.first : {};
  if (field === undefined) return error;
  const variable = unsetVariables.get(field);
  const unset = variable === undefined ? undefined : `The environment variable ${variable} is not set.`;
  const reason = unfound.get(field) ?? unset;
  return reason === undefined ? error : ValidationError.field(field, `${text} ${capitalised(reason)}`);
}

const capitalised = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
