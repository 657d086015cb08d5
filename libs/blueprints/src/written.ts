import { BlueprintError, placed } from './blueprint-error.js';
import { isMap, type Json, type JsonMap } from './json.js';

/** A value as it stands in a file: JSON with tags anywhere in it. */
export type Written = null | boolean | number | string | Tagged | readonly Written[] | WrittenMap;
/** A map of values as they stand in a file. */
export interface WrittenMap {
  readonly [key: string]: Written;
}

/** The primary key of an object: a number for users, a UUID for the rest. */
export type Pk = string | number;

/** An item of an enumeration: a place and a value of a list or a text, a key and a value of a map. */
export interface Item {
  readonly index: Json;
  readonly value: Json;
}

/** Values that resolving the tags of one file may bring about: enumerations and contexts multiply. */
export const MAX_RESOLVED = 1_000_000;

/** What tags are resolved against. */
export interface Scope {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly context: WrittenMap;
  /** The context keys that are being resolved, so that one that names itself is found out. */
  readonly open: ReadonlySet<string>;
  /** The items of the enumerations around, the innermost first; undefined while an enumeration has none yet. */
  readonly items: readonly (Item | undefined)[];
  readonly budget: Budget;
  /** The pk of the entry with that `id`; undefined unless it was applied in this run. */
  keyOf(id: string): Pk | undefined;
  /** The pk of the first object of a model with these field values; throws BlueprintError for an unknown model. */
  find(model: string, fields: JsonMap): Promise<Pk | undefined>;
}

/** What is left of MAX_RESOLVED. */
export class Budget {
  #left = MAX_RESOLVED;

  /** Takes one value. Throws BlueprintError when there is none left. */
  spend(): void {
    if (--this.#left < 0) throw new BlueprintError(`tags make more than ${MAX_RESOLVED} values`);
  }
}

/** What a tag stands for, once it is known against what. */
export type Resolve = (scope: Scope) => Promise<Json>;

/** A tag with its argument, not yet resolved. */
export class Tagged {
  constructor(
    private readonly resolution: Resolve,
    private readonly line: number | undefined,
  ) {}

  async resolve(scope: Scope): Promise<Json> {
    try {
      return await this.resolution(scope);
    } catch (error) {
      throw placed(error, { line: this.line });
    }
  }
}

/** The value with every tag in it resolved, in the order of writing. */
export async function resolve(written: Written, scope: Scope): Promise<Json> {
  scope.budget.spend();
  if (written instanceof Tagged) return written.resolve(scope);
  if (Array.isArray(written)) return resolveList(written, scope);
  return isMap(written) ? resolveMap(written as WrittenMap, scope) : (written as Json);
}

/** A map with every tag in it resolved. */
export async function resolveMap(written: WrittenMap, scope: Scope): Promise<JsonMap> {
  const values = await resolveList(Object.values(written), scope);
  return Object.fromEntries(Object.keys(written).map((key, i) => [key, values[i] as Json]));
}

/** A list with every tag in it resolved. */
export async function resolveList(written: readonly Written[], scope: Scope): Promise<Json[]> {
  const resolved: Json[] = [];
  for (const part of written) resolved.push(await resolve(part, scope));
  return resolved;
}
