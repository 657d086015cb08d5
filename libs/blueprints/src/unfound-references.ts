import { NON_FIELD_ERRORS } from '@gatehouse/contracts';
import type { EntryWarning, Unfound } from './apply-observer.js';
import { BlueprintError } from './blueprint-error.js';
import { type Collection, ValidationError } from './collection.js';
import { withFullStop } from './described-value.js';
import type { JsonMap } from './json.js';
import type { ResolvedFields } from './resolved-fields.js';
import { closestTo } from './suggestion.js';
import type { Pk, SearchResult } from './tagged-value.js';

/** The search of a tag, and the line of the tag. */
export interface TagSearch {
  readonly tag: '!Find' | '!FindObject';
  readonly fields: JsonMap;
  readonly line: number | undefined;
}

interface Search extends Omit<TagSearch, 'line'> {
  readonly model: string;
}

/**
 * Returns the pk of the first object with these values, otherwise the pk of `placeholder`. Without both, returns a
 * description of what was not found. Throws BlueprintError for an unknown field.
 */
export async function search(
  collection: Collection,
  { tag, model, fields }: Search,
  placeholder: (unfound: Unfound) => Pk | undefined,
): Promise<SearchResult> {
  const object = await collection.find(fields).catch((error: unknown) => {
    throw searchError(tag, error);
  });
  if (object) return { pk: object.pk };
  const unfound = await describeUnfound({ tag, model, fields }, collection);
  const pk = placeholder(unfound);
  return pk === undefined ? { pk: null, unfound: `${unfound.searched}.${unfound.question}` } : { pk };
}

async function describeUnfound({ tag, model, fields }: Search, collection: Collection): Promise<Unfound> {
  const searched = Object.entries(fields).map(([field, value]) => `${field} ${JSON.stringify(value)}`);
  const meant: string[] = [];
  for (const [field, value] of Object.entries(fields)) {
    const values = typeof value === 'string' ? ((await collection.valuesOf?.(field)) ?? []) : [];
    const closest = closestTo(String(value), values);
    if (closest !== undefined && closest !== value) meant.push(`${field} ${JSON.stringify(closest)}`);
  }
  const question = meant.length > 0 ? ` Did you mean ${meant.join(' and ')}?` : '';
  return { searched: `${tag} found no ${model} with ${searched.join(' and ')}`, question };
}

/** Returns the error of a search as a BlueprintError, which gets the line of the tag. */
function searchError(tag: string, error: unknown): unknown {
  if (!(error instanceof ValidationError)) return error;
  return new BlueprintError(`${tag}: ${error.first.text}`, {}, { cause: error, code: error.code });
}

/** Returns a warning for each field that was saved although a tag found nothing for it. */
export const unfoundWarnings = (unfound: ResolvedFields['unfound']): EntryWarning[] =>
  [...unfound].map(([field, text]) => ({ rule: 'no-value', field, text: `${field} has no value: ${text}` }));

/** The fields of an entry whose tags found no object, and the lines of the fields. */
interface Unresolved extends Omit<ResolvedFields, 'values'> {
  readonly lineOf: (field: string) => number | undefined;
}

/**
 * Adds the cause to the error of a field: a tag found no object, or its environment variable is not set. To an error of
 * the whole object, adds the causes of all its fields.
 */
export function withReason(error: unknown, unresolved: Unresolved): unknown {
  if (!(error instanceof ValidationError)) return error;
  const reasons = error.all.map(({ field }) => reasonOf(field, unresolved));
  if (reasons.every((reason) => reason === '')) return error;
  const errors = error.all.map(({ field = NON_FIELD_ERRORS, text }, i) => {
    const reason = reasons[i] ? `${withFullStop(text)} ${reasons[i]}` : text;
    return [field, [{ text: reason }]];
  });
  return new ValidationError(Object.fromEntries(errors), error.code);
}

function reasonOf(field: string | undefined, { unfound, unsetVariables, lineOf }: Unresolved): string {
  if (field === undefined) {
    const lines = [...unfound].map(([name, text]) => `${name} (line ${lineOf(name)}) has no value: ${text}`);
    return lines.join(' ');
  }
  const variable = unsetVariables.get(field);
  const unset = variable === undefined ? '' : `The environment variable ${variable} is not set.`;
  return capitalised(unfound.get(field) ?? unset);
}

const capitalised = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
