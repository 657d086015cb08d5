import { BlueprintError, withLocation } from './blueprint-error.js';
import { isMap, type Json, type JsonMap } from './json.js';

/** A parsed value whose tags are not resolved yet: JSON that may contain tags. */
export type TaggedValue = null | boolean | number | string | UnresolvedTag | readonly TaggedValue[] | TaggedMap;
/** A map of values whose tags are not resolved yet. */
export interface TaggedMap {
  readonly [key: string]: TaggedValue;
}

/** The primary key of an object: a number for users, a UUID for the rest. */
export type Pk = string | number;

/** An item of an `!Enumerate`: index and value of a list or string, or key and value of a map. */
export interface EnumerationItem {
  readonly index: Json;
  readonly value: Json;
}

/**
 * Maximum number of values that the tags of one file may resolve to. Nested `!Enumerate` and `!Context` tags multiply
 * the number of values.
 */
export const MAX_RESOLVED = 1_000_000;

/**
 * Maximum number of characters in all texts that the tags of one file produce. `!Env`, `!Context` and `!Format` repeat
 * and join texts.
 */
export const MAX_RESOLVED_CHARACTERS = 16 * 1024 * 1024;

/** The result of a `!Find`. */
export interface SearchResult {
  readonly pk: Pk | null;
  /** What the tag searched for, if it found no object. Absent for an object of a model that is skipped. */
  readonly unfound?: string;
}

/** The result of a `!FindObject`: the fields of the object without its secrets, with its pk as `pk`. */
export interface ObjectResult {
  readonly object: JsonMap | null;
  /** What the tag searched for, if it found no object. Absent for an object of a model that is skipped. */
  readonly unfound?: string;
}

/**
 * Returns the text of a file for `!File`, or undefined if there is no such file. Throws BlueprintError for a file that
 * the run may not read.
 */
export type FileReader = (path: string) => Promise<string | undefined>;

/** The data that tags are resolved with. */
export interface ResolutionScope {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly context: TaggedMap;
  /** The context keys that are being resolved, to detect a key that refers to itself. */
  readonly resolvingKeys: ReadonlySet<string>;
  /**
   * The current items of the enclosing `!Enumerate` tags, innermost first. Undefined while an iterable is being
   * resolved.
   */
  readonly items: readonly (EnumerationItem | undefined)[];
  readonly budget: ResolutionBudget;
  /** Collects the variables that an `!Env` without a default did not find, except in the condition of an `!If`. */
  readonly unsetVariables: string[];
  /** Collects a sentence for each tag that found no object and became null, except in conditions. */
  readonly unfound: string[];
  /** Returns the pk of the entry with this `id`. Throws BlueprintError when no entry before the current one has it. */
  keyOf(id: string): Pk;
  /**
   * Returns the pk of the first object of a model with these field values. Throws BlueprintError for an unknown model.
   */
  find(model: string, fields: JsonMap, line: number | undefined): Promise<SearchResult>;
  /** Returns the first object of a model with these field values. Throws BlueprintError for an unknown model. */
  findObject(model: string, fields: JsonMap, line: number | undefined): Promise<ObjectResult>;
  /** Undefined in a run that may not read files, such as a run of the API. */
  readonly readFile: FileReader | undefined;
}

/** Counts resolved values up to MAX_RESOLVED, and the characters of their texts up to MAX_RESOLVED_CHARACTERS. */
export class ResolutionBudget {
  #remaining = MAX_RESOLVED;
  #characters = MAX_RESOLVED_CHARACTERS;

  /** Counts one value. Throws BlueprintError above the limit. */
  spend(): void {
    if (--this.#remaining < 0)
      throw new BlueprintError(`the tags of this file resolve to more than ${MAX_RESOLVED} values`);
  }

  /** Counts all values and texts within a value that a tag has produced. Throws BlueprintError above a limit. */
  spendAll(value: Json): void {
    this.spend();
    if (value !== null && typeof value === 'object') for (const part of Object.values(value)) this.spendAll(part);
    else this.spendText(value);
  }

  /** Counts the characters of a value that a tag has produced. Throws BlueprintError above the limit. */
  spendText(value: Json): void {
    if (typeof value === 'string') this.#characters -= value.length;
    if (this.#characters < 0)
      throw new BlueprintError(
        `the tags of this file produce texts of more than ${MAX_RESOLVED_CHARACTERS} characters`,
      );
  }
}

/** Resolves a tag to its value. `line` is the line of the tag. */
export type TagResolver = (scope: ResolutionScope, line: number | undefined) => Promise<Json>;

/** A tag whose argument is parsed, but not resolved yet. */
export class UnresolvedTag {
  constructor(
    private readonly resolution: TagResolver,
    private readonly line: number | undefined,
  ) {}

  async resolve(scope: ResolutionScope): Promise<Json> {
    try {
      const value = await this.resolution(scope, this.line);
      scope.budget.spendText(value);
      return value;
    } catch (error) {
      throw withLocation(error, { line: this.line });
    }
  }
}

/** Resolves every tag in a value, in file order. */
export async function resolve(value: TaggedValue, scope: ResolutionScope): Promise<Json> {
  scope.budget.spend();
  if (value instanceof UnresolvedTag) return value.resolve(scope);
  if (Array.isArray(value)) return resolveList(value, scope);
  return isMap(value) ? resolveMap(value as TaggedMap, scope) : (value as Json);
}

/** Resolves every tag in a map. */
export async function resolveMap(value: TaggedMap, scope: ResolutionScope): Promise<JsonMap> {
  const values = await resolveList(Object.values(value), scope);
  return Object.fromEntries(Object.keys(value).map((key, i) => [key, values[i] as Json]));
}

/** Resolves every tag in a list. */
export async function resolveList(value: readonly TaggedValue[], scope: ResolutionScope): Promise<Json[]> {
  const resolved: Json[] = [];
  for (const item of value) resolved.push(await resolve(item, scope));
  return resolved;
}
