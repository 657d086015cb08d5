import { exceedsDepth, MAX_JSON_DEPTH } from '@gatehouse/contracts';
import { BlueprintError } from './blueprint-error.js';
import { describedValue } from './described-value.js';
import { isMap, type Json, type JsonMap } from './json.js';
import { suggestion } from './suggestion.js';
import { list, searchOf } from './tag-argument.js';
import { resolve, type TaggedValue, type TagResolver } from './tagged-value.js';

/** Parses `!FindObject [app.model, [field, value]…]`: the fields of the first object with these values, or null. */
export function findObject(argument: TaggedValue): TagResolver {
  const search = searchOf('!FindObject', argument);
  return async (scope, line) => {
    const { model, fields } = await search(scope);
    const { object, unfound } = await scope.findObject(model, fields, line);
    if (unfound !== undefined) scope.unfound.push(unfound);
    scope.budget.spendAll(object);
    return object;
  };
}

/** Parses `!AtIndex [value, index or key, default]`: an item of a list, or the value of a key of a map. */
export function atIndex(argument: TaggedValue): TagResolver {
  const [of, at, fallback, ...rest] = list('!AtIndex', argument);
  if (of === undefined || at === undefined || rest.length > 0)
    throw new BlueprintError('!AtIndex takes a list or map, an index or key, and a default');
  return async (scope) => {
    // With a default, a missing object is no error.
    const whole = await resolve(of, fallback === undefined ? scope : { ...scope, unfound: [] });
    const part = await resolve(at, scope);
    const found = partOf(whole, part);
    if (found !== undefined) return found;
    if (fallback !== undefined) return resolve(fallback, scope);
    throw new BlueprintError(missingPart(whole, part));
  };
}

function partOf(whole: Json, part: Json): Json | undefined {
  if (Array.isArray(whole)) return isIndex(part) ? (whole as Json[]).at(Number(part)) : undefined;
  if (!isMap(whole)) return undefined;
  const key = String(part);
  // For an object that is only known to exist in the installation, use its pk as the value of each field.
  if (isUnknownObject(whole)) return whole['pk'] as Json;
  return Object.hasOwn(whole, key) ? (whole[key] as Json) : undefined;
}

const isIndex = (part: Json): boolean =>
  Number.isInteger(part) || (typeof part === 'string' && /^-?\d{1,9}$/.test(part));

function missingPart(whole: Json, part: Json): string {
  if (Array.isArray(whole)) {
    if (!isIndex(part)) return `!AtIndex: the index of a list must be a whole number; it is ${describedValue(part)}`;
    const size = whole.length === 0 ? 'It is empty' : `Its last item is ${whole.length - 1}`;
    return `!AtIndex: the list has no item ${String(part)}. ${size}`;
  }
  if (!isMap(whole)) return `!AtIndex needs a list or a map; it is ${describedValue(whole)}`;
  const key = typeof part === 'object' ? describedValue(part) : String(part);
  return `!AtIndex: the map has no key ${key}.${suggestion(key, Object.keys(whole), 'Keys')}`;
}

/** Parses `!ParseJSON text`: the value of a JSON text. The text is also read from a list with one item. */
export function parseJson(argument: TaggedValue): TagResolver {
  const [text = null, ...rest] = Array.isArray(argument) ? argument : [argument];
  if (rest.length > 0) throw new BlueprintError('!ParseJSON takes one text');
  return async (scope) => {
    const json = await resolve(text, scope);
    if (typeof json !== 'string') throw new BlueprintError(`!ParseJSON needs a text; it is ${describedValue(json)}`);
    const parsed = parsedJson(json);
    scope.budget.spendAll(parsed);
    return parsed;
  };
}

function parsedJson(text: string): Json {
  if (exceedsDepth(Buffer.from(text), MAX_JSON_DEPTH))
    throw new BlueprintError(`!ParseJSON: the JSON is nested deeper than ${MAX_JSON_DEPTH} levels`);
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    // The message of the parser quotes the text, which may contain a secret.
    throw new BlueprintError('!ParseJSON: the text is not JSON', {}, { cause });
  }
}

const unknownObjects = new WeakSet<object>();

/** Returns the fields of an object that the linter only knows to exist. Its pk is used as the value of each field. */
export function unknownObject(pk: Json): JsonMap {
  const object = { pk };
  unknownObjects.add(object);
  return object;
}

const isUnknownObject = (value: object): boolean => unknownObjects.has(value);
