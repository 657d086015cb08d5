import { BlueprintError } from './blueprint-error.js';
import type { TaggedValue } from './tagged-value.js';

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
export function named(tag: string, argument: TaggedValue): { name: string; fallback: TaggedValue | undefined } {
  if (!Array.isArray(argument)) return { name: scalar(tag, argument), fallback: undefined };
  if (argument.length > 2) throw new BlueprintError(`${tag} takes a name and a default`);
  return { name: scalar(tag, argument[0]), fallback: argument[1] };
}
