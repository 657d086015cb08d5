import { BlueprintError } from './blueprint-error.js';
import { deepMerge, isMap, type Json, type JsonMap } from './json.js';
import { list, scalar } from './tag-argument.js';
import {
  type EnumerationItem,
  type ResolutionScope,
  resolve,
  type TaggedValue,
  type TagResolver,
} from './tagged-value.js';

/** What becomes of the bodies, by the second word of `!Enumerate`. */
const collectors: Readonly<Record<string, (bodies: readonly Json[]) => Json>> = {
  SEQ: (bodies) => bodies,
  MAP: (bodies) => deepMerge(bodies.map(pairs)),
};

/** `!Enumerate [iterable, SEQ or MAP, body]`: the body, resolved for each item. */
export function enumerate(argument: TaggedValue): TagResolver {
  const parts = list('!Enumerate', argument);
  if (parts.length !== 3) throw new BlueprintError('!Enumerate takes an iterable, SEQ or MAP, and a body');
  const [iterable, word, body] = parts as [TaggedValue, TaggedValue, TaggedValue];
  const name = scalar('!Enumerate', word, 'form').toUpperCase();
  const collect = Object.hasOwn(collectors, name) ? collectors[name] : undefined;
  if (!collect) throw new BlueprintError('!Enumerate makes SEQ or MAP');
  return async (scope) => {
    const bodies: Json[] = [];
    for (const item of itemsOf(await resolve(iterable, within(scope, undefined)))) {
      bodies.push(await resolve(body, within(scope, item)));
    }
    return collect(bodies);
  };
}

/** `!Index depth`: the place or the key of the item of an enumeration around, 0 for the innermost. */
export const index = (argument: TaggedValue): TagResolver => fromItem('Index', argument);
/** `!Value depth`: the value of the item of an enumeration around, 0 for the innermost. */
export const value = (argument: TaggedValue): TagResolver => fromItem('Value', argument);

function fromItem(name: 'Index' | 'Value', argument: TaggedValue): TagResolver {
  const word = scalar(`!${name}`, argument, 'depth');
  if (!/^\d+$/.test(word)) throw new BlueprintError(`!${name} takes a depth, a whole number from 0`);
  const depth = Number(word);
  return async ({ items }) => {
    if (items.length === 0) throw new BlueprintError(`${name}: there is no !Enumerate around`);
    if (depth >= items.length) throw new BlueprintError(`${name}: the outermost !Enumerate is at ${items.length - 1}`);
    const item = items[depth];
    if (!item)
      throw new BlueprintError(`${name}: an !Enumerate cannot go over its own items, those of another are deeper`);
    return name === 'Index' ? item.index : item.value;
  };
}

const within = (scope: ResolutionScope, item: EnumerationItem | undefined): ResolutionScope => ({
  ...scope,
  items: [item, ...scope.items],
});

function itemsOf(iterable: Json): EnumerationItem[] {
  if (Array.isArray(iterable)) return iterable.map((one: Json, place) => ({ index: place, value: one }));
  if (typeof iterable === 'string') return Array.from(iterable, (one, place) => ({ index: place, value: one }));
  if (isMap(iterable)) return Object.entries(iterable as JsonMap).map(([key, one]) => ({ index: key, value: one }));
  throw new BlueprintError('Enumerate: only lists, maps and texts have items');
}

/** What the body of a MAP adds to it: a map, or one key and its value. */
function pairs(body: Json): JsonMap {
  if (isMap(body)) return body as JsonMap;
  const [key, one, ...rest]: readonly (Json | undefined)[] = Array.isArray(body) ? body : [];
  if (one === undefined || rest.length > 0 || key === null || typeof key === 'object') {
    throw new BlueprintError('Enumerate: the body of a MAP is a map, or a list of a key and a value');
  }
  return { [String(key)]: one };
}
