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

/** Functions that combine the resolved bodies into a value, by the second argument of `!Enumerate`. */
const collectors: Readonly<Record<string, (bodies: readonly Json[]) => Json>> = {
  SEQ: (bodies) => bodies,
  MAP: (bodies) => deepMerge(bodies.map(pairs)),
};

/** Parses `!Enumerate [iterable, SEQ or MAP, body]`, which resolves the body once for each item. */
export function enumerate(argument: TaggedValue): TagResolver {
  const args = list('!Enumerate', argument);
  if (args.length !== 3) throw new BlueprintError('!Enumerate takes an iterable, SEQ or MAP, and a body');
  const [iterable, word, body] = args as [TaggedValue, TaggedValue, TaggedValue];
  const name = scalar('!Enumerate', word, 'form').toUpperCase();
  const collect = Object.hasOwn(collectors, name) ? collectors[name] : undefined;
  if (!collect) throw new BlueprintError(`the second argument of !Enumerate must be SEQ or MAP, not ${name}`);
  return async (scope) => {
    const bodies: Json[] = [];
    for (const item of itemsOf(await resolve(iterable, within(scope, undefined)))) {
      bodies.push(await resolve(body, within(scope, item)));
    }
    return collect(bodies);
  };
}

/**
 * Parses `!Index depth`: the index or key of the current item of an enclosing `!Enumerate`. Depth 0 is the innermost.
 */
export const index = (argument: TaggedValue): TagResolver => fromItem('Index', argument);
/** Parses `!Value depth`: the value of the current item of an enclosing `!Enumerate`. Depth 0 is the innermost. */
export const value = (argument: TaggedValue): TagResolver => fromItem('Value', argument);

function fromItem(name: 'Index' | 'Value', argument: TaggedValue): TagResolver {
  const word = scalar(`!${name}`, argument, 'depth');
  if (!/^\d+$/.test(word)) throw new BlueprintError(`!${name} takes a depth: 0 or a positive integer`);
  const depth = Number(word);
  return async ({ items }) => {
    if (items.length === 0) throw new BlueprintError(`!${name} is only valid inside !Enumerate`);
    if (depth >= items.length)
      throw new BlueprintError(`!${name} ${depth}: the outermost !Enumerate has depth ${items.length - 1}`);
    const item = items[depth];
    if (!item)
      throw new BlueprintError(
        `!${name} ${depth}: the iterable of !Enumerate cannot use its own items; use a greater depth`,
      );
    return name === 'Index' ? item.index : item.value;
  };
}

const within = (scope: ResolutionScope, item: EnumerationItem | undefined): ResolutionScope => ({
  ...scope,
  items: [item, ...scope.items],
});

function itemsOf(iterable: Json): EnumerationItem[] {
  if (Array.isArray(iterable)) return iterable.map((item: Json, i) => ({ index: i, value: item }));
  if (typeof iterable === 'string') return Array.from(iterable, (character, i) => ({ index: i, value: character }));
  if (isMap(iterable)) return Object.entries(iterable as JsonMap).map(([key, item]) => ({ index: key, value: item }));
  throw new BlueprintError('!Enumerate needs a list, a map or a string');
}

/** Returns the entries that one body of a MAP adds. The body is a map, or a list of a key and its value. */
function pairs(body: Json): JsonMap {
  if (isMap(body)) return body as JsonMap;
  const [key, entryValue, ...rest]: readonly (Json | undefined)[] = Array.isArray(body) ? body : [];
  if (entryValue === undefined || rest.length > 0 || key === null || typeof key === 'object') {
    throw new BlueprintError('!Enumerate: the body of a MAP must be a map, or a list of a key and a value');
  }
  return { [String(key)]: entryValue };
}
