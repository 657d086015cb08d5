import { BlueprintError } from './blueprint-error.js';
import type { JsonMap } from './json.js';
import { type ResolutionScope, resolve, resolveList, type TaggedValue } from './tagged-value.js';

/** Returns a tag's argument as a string. Throws BlueprintError for a list, a map or an empty value. */
export function scalar(tag: string, argument: TaggedValue | undefined, what = 'name'): string {
  if (argument === undefined || argument === null || argument === '' || typeof argument === 'object') {
    throw new BlueprintError(`${tag} needs a ${what}`);
  }
  return String(argument);
}

/** Returns a tag's argument as a list. Throws BlueprintError for anything else. */
export function list(tag: string, argument: TaggedValue): readonly TaggedValue[] {
  if (!Array.isArray(argument)) throw new BlueprintError(`${tag} needs a list`);
  return argument;
}

/**
 * Returns a tag's argument of the form `name` or `[name, default]`. `fallback` is undefined without a default. Throws
 * BlueprintError for anything else.
 */
export function named(
  tag: string,
  argument: TaggedValue,
  what = 'name',
): { name: string; fallback: TaggedValue | undefined } {
  if (!Array.isArray(argument)) return { name: scalar(tag, argument, what), fallback: undefined };
  if (argument.length > 2) throw new BlueprintError(`${tag} takes a ${what} and a default`);
  return { name: scalar(tag, argument[0], what), fallback: argument[1] };
}

/** The model and the fields of the object that a tag searches for. */
interface Search {
  readonly model: string;
  readonly fields: JsonMap;
}

/**
 * Parses an argument of the form `[app.model, [field, value]…]`. Returns a function that resolves it. Throws
 * BlueprintError for anything else.
 */
export function searchOf(tag: string, argument: TaggedValue): (scope: ResolutionScope) => Promise<Search> {
  const [model, ...pairs] = list(tag, argument);
  const fields = pairs.map((pair) => list(tag, pair));
  if (model === undefined || fields.length === 0 || fields.some((pair) => pair.length !== 2)) {
    throw new BlueprintError(`${tag} needs a model and at least one pair [field, value]`);
  }
  return async (scope) => {
    const name = await resolve(model, scope);
    const resolved = await resolveList(fields, scope);
    return {
      model: String(name),
      fields: Object.fromEntries(
        resolved.map((pair) => pair as [string, JsonMap[string]]).map(([f, v]) => [String(f), v]),
      ),
    };
  };
}
