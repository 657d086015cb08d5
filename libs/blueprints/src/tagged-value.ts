import { BlueprintError, withLocation } from './blueprint-error.js';
import { isMap, type Json, type JsonMap } from './json.js';

/** A value as it stands in a file: JSON with tags anywhere in it. */
export type TaggedValue = null | boolean | number | string | UnresolvedTag | readonly TaggedValue[] | TaggedMap;
/** A map of values as they stand in a file. */
export interface TaggedMap {
  readonly [key: string]: TaggedValue;
}

/** The primary key of an object: a number for users, a UUID for the rest. */
export type Pk = string | number;

/** An item of an enumeration: a place and a value of a list or a text, a key and a value of a map. */
export interface EnumerationItem {
  readonly index: Json;
  readonly value: Json;
}

/** Values that resolving the tags of one file may bring about: enumerations and contexts multiply. */
export const MAX_RESOLVED = 1_000_000;

/** What tags are resolved against. */
export interface ResolutionScope {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly context: TaggedMap;
  /** The context keys that are being resolved, so that one that names itself is found out. */
  readonly open: ReadonlySet<string>;
  /** The items of the enumerations around, the innermost first; undefined while an enumeration has none yet. */
  readonly items: readonly (EnumerationItem | undefined)[];
  readonly budget: ResolutionBudget;
  /** The pk of the entry with that `id`; undefined unless it was applied in this run. */
  keyOf(id: string): Pk | undefined;
  /** The pk of the first object of a model with these field values; throws BlueprintError for an unknown model. */
  find(model: string, fields: JsonMap): Promise<Pk | undefined>;
}

/** What is left of MAX_RESOLVED. */
export class ResolutionBudget {
  #left = MAX_RESOLVED;

  /** Takes one value. Throws BlueprintError when there is none left. */
  spend(): void {
    if (--this.#left < 0) throw new BlueprintError(`tags make more than ${MAX_RESOLVED} values`);
  }
}

/** What a tag stands for, once it is known against what. */
export type TagResolver = (scope: ResolutionScope) => Promise<Json>;

/** A tag with its argument, not yet resolved. */
export class UnresolvedTag {
  constructor(
    private readonly resolution: TagResolver,
    private readonly line: number | undefined,
  ) {}

  async resolve(scope: ResolutionScope): Promise<Json> {
    try {
      return await this.resolution(scope);
    } catch (error) {
      throw withLocation(error, { line: this.line });
    }
  }
}

/** The value with every tag in it resolved, in the order of writing. */
export async function resolve(written: TaggedValue, scope: ResolutionScope): Promise<Json> {
  scope.budget.spend();
  if (written instanceof UnresolvedTag) return written.resolve(scope);
  if (Array.isArray(written)) return resolveList(written, scope);
  return isMap(written) ? resolveMap(written as TaggedMap, scope) : (written as Json);
}

/** A map with every tag in it resolved. */
export async function resolveMap(written: TaggedMap, scope: ResolutionScope): Promise<JsonMap> {
  const values = await resolveList(Object.values(written), scope);
  return Object.fromEntries(Object.keys(written).map((key, i) => [key, values[i] as Json]));
}

/** A list with every tag in it resolved. */
export async function resolveList(written: readonly TaggedValue[], scope: ResolutionScope): Promise<Json[]> {
  const resolved: Json[] = [];
  for (const part of written) resolved.push(await resolve(part, scope));
  return resolved;
}
