import { BlueprintError, placed } from './blueprint-error.js';
import { isMap, type Json, type JsonMap } from './json.js';
import { formatPercent } from './percent.js';

/** A value as it stands in a file: JSON with tags anywhere in it. */
export type Written = null | boolean | number | string | Tagged | readonly Written[] | WrittenMap;
/** A map of values as they stand in a file. */
export interface WrittenMap {
  readonly [key: string]: Written;
}

/** The primary key of an object: a number for users, a UUID for the rest. */
export type Pk = string | number;

/** What tags are resolved against. */
export interface Scope {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly context: WrittenMap;
  /** The context keys that are being resolved, so that one that names itself is found out. */
  readonly open: ReadonlySet<string>;
  /** The pk of the entry with that `id`; undefined unless it was applied in this run. */
  keyOf(id: string): Pk | undefined;
  /** The pk of the first object of a model with these field values; throws BlueprintError for an unknown model. */
  find(model: string, fields: JsonMap): Promise<Pk | undefined>;
}

type Resolve = (scope: Scope) => Promise<Json>;
/** Reads a tag's argument, throwing BlueprintError when it has the wrong form, and says how to resolve it. */
type Tag = (argument: Written) => Resolve;

/** Every tag, one line each. */
const tags: Readonly<Record<string, Tag>> = {
  '!KeyOf': keyOf,
  '!Env': env,
  '!Context': context,
  '!Format': format,
  '!Find': find,
};

/** A tag with its argument, not yet resolved. */
export class Tagged {
  readonly #resolve: Resolve;
  constructor(
    readonly name: string,
    argument: Written,
    readonly line: number | undefined,
  ) {
    const tag = Object.hasOwn(tags, name) ? tags[name] : undefined;
    if (!tag) throw new BlueprintError(`unknown tag ${name}`, { line });
    try {
      this.#resolve = tag(argument);
    } catch (error) {
      throw placed(error, { line });
    }
  }

  async resolve(scope: Scope): Promise<Json> {
    try {
      return await this.#resolve(scope);
    } catch (error) {
      throw placed(error, { line: this.line });
    }
  }
}

/** The value with every tag in it resolved, in the order of writing. */
export async function resolve(written: Written, scope: Scope): Promise<Json> {
  if (written instanceof Tagged) return written.resolve(scope);
  if (Array.isArray(written)) return resolveList(written, scope);
  return isMap(written) ? resolveMap(written as WrittenMap, scope) : (written as Json);
}

/** A map with every tag in it resolved. */
export async function resolveMap(written: WrittenMap, scope: Scope): Promise<JsonMap> {
  const values = await resolveList(Object.values(written), scope);
  return Object.fromEntries(Object.keys(written).map((key, i) => [key, values[i] as Json]));
}

async function resolveList(written: readonly Written[], scope: Scope): Promise<Json[]> {
  const resolved: Json[] = [];
  for (const part of written) resolved.push(await resolve(part, scope));
  return resolved;
}

function keyOf(argument: Written): Resolve {
  const id = scalar('!KeyOf', argument);
  return async (scope) => {
    const pk = scope.keyOf(id);
    if (pk === undefined) {
      throw new BlueprintError(`KeyOf: failed to find entry with \`id\` of \`${id}\` and a model instance`);
    }
    return pk;
  };
}

function env(argument: Written): Resolve {
  const { name, fallback } = named('!Env', argument);
  return async (scope) => scope.env[name] || resolve(fallback, scope);
}

function context(argument: Written): Resolve {
  const { name, fallback } = named('!Context', argument);
  return async (scope) => {
    if (!Object.hasOwn(scope.context, name)) return resolve(fallback, scope);
    if (scope.open.has(name)) throw new BlueprintError(`Context: \`${name}\` refers to itself`);
    return resolve(scope.context[name] ?? null, { ...scope, open: new Set([...scope.open, name]) });
  };
}

function format(argument: Written): Resolve {
  const [template, ...values] = list('!Format', argument);
  if (template === undefined) throw new BlueprintError('!Format needs a format');
  return async (scope) => formatPercent(String(await resolve(template, scope)), await resolveList(values, scope));
}

function find(argument: Written): Resolve {
  const [model, ...pairs] = list('!Find', argument);
  const fields = pairs.map((pair) => list('!Find', pair));
  if (model === undefined || fields.length === 0 || fields.some((pair) => pair.length !== 2)) {
    throw new BlueprintError('!Find needs a model and pairs of field and value');
  }
  return async (scope) => {
    const name = await resolve(model, scope);
    const resolved = (await resolveList(fields, scope)) as [field: Json, value: Json][];
    const wanted = Object.fromEntries(resolved.map(([field, value]) => [String(field), value]));
    return (await scope.find(String(name), wanted)) ?? null;
  };
}

function scalar(tag: string, argument: Written): string {
  if (argument === null || argument === '' || typeof argument === 'object')
    throw new BlueprintError(`${tag} needs a name`);
  return String(argument);
}

function list(tag: string, argument: Written): readonly Written[] {
  if (!Array.isArray(argument)) throw new BlueprintError(`${tag} needs a list`);
  return argument;
}

function named(tag: string, argument: Written): { name: string; fallback: Written } {
  if (!Array.isArray(argument)) return { name: scalar(tag, argument), fallback: null };
  if (argument.length > 2) throw new BlueprintError(`${tag} takes a name and a default`);
  return { name: scalar(tag, argument[0] ?? null), fallback: argument[1] ?? null };
}
