import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  Scalar,
  visit,
  type YAMLMap,
} from 'yaml';
import { BlueprintError } from './blueprint-error.js';
import { isMap as isPlainMap } from './json.js';
import { rejectDeepNesting } from './nesting.js';
import type { TaggedMap, TaggedValue } from './tagged-value.js';
import { readTag } from './tags.js';
import { syntaxError } from './yaml-syntax-error.js';

/** Maximum nesting depth of maps, lists and tags. */
export const MAX_DEPTH = 64;
/** Nesting depth above which the text is refused before parsing. The exact limit is checked after parsing. */
const PARSER_DEPTH = 4 * MAX_DEPTH;
/** Maximum number of values of a file, with its aliases expanded (prevents alias bombs). */
export const MAX_VALUES = 200_000;

/**
 * The value of a YAML or JSON text, with the line of each key. Throws BlueprintError with the line of the first error.
 */
export class YamlSource {
  readonly value: TaggedValue;
  readonly #counter = new LineCounter();
  readonly #lines = new WeakMap<object, ReadonlyMap<string, number | undefined>>();
  readonly #document: Document;
  readonly #targets = new Map<Alias, Node | undefined>();
  #values = 0;

  constructor(text: string) {
    rejectDeepNesting(text, PARSER_DEPTH);
    this.#document = parseDocument(text, {
      // Blueprints are written for YAML 1.1: `yes` is true, and `<<` merges maps.
      version: '1.1',
      lineCounter: this.#counter,
      // Otherwise the parser compares each key with all others, which takes a minute for the largest accepted map.
      uniqueKeys: false,
      intAsBigInt: true,
    });
    const [error] = this.#document.errors;
    if (error) throw syntaxError(error);
    this.#resolveAliases();
    this.value = this.#read(this.#document.contents, 0);
  }

  /** Returns the line of a key of a map in this source. */
  lineOf(map: object, key: string): number | undefined {
    return this.#lines.get(map)?.get(key);
  }

  #read(node: unknown, depth: number): TaggedValue {
    if (node === null || node === undefined) return null;
    const line = this.#lineOf(node);
    if (depth > MAX_DEPTH) throw new BlueprintError(`nested deeper than ${MAX_DEPTH} levels`, { line });
    if (++this.#values > MAX_VALUES) throw new BlueprintError(`more than ${MAX_VALUES} values`, { line });
    if (isAlias(node)) return this.#read(this.#target(node), depth + 1);
    const value = this.#plain(node, depth);
    const { tag } = node as Node;
    return tag?.startsWith('!') ? readTag(tag, value, line) : value;
  }

  /** Finds the target of each alias in one pass: the last anchor with its name before it. */
  #resolveAliases(): void {
    const anchors = new Map<string, Node>();
    visit(this.#document, (_, node) => {
      if (isAlias(node)) this.#targets.set(node, anchors.get(node.source));
      else if (isNode(node) && node.anchor) anchors.set(node.anchor, node);
    });
  }

  #target(alias: Alias): Node {
    const node = this.#targets.get(alias);
    if (!node)
      throw new BlueprintError(`the alias *${alias.source} has no anchor &${alias.source} before it`, {
        line: this.#lineOf(alias),
      });
    return node;
  }

  #plain(node: unknown, depth: number): TaggedValue {
    if (isMap(node)) return this.#map(node, depth);
    if (isSeq(node)) return node.items.map((item) => this.#read(item, depth + 1));
    if (isScalar(node)) return plainScalar(node, this.#lineOf(node));
    throw new BlueprintError('expected a map, a list or a scalar', { line: this.#lineOf(node) });
  }

  #map(node: YAMLMap, depth: number): TaggedMap {
    const lines = new Map<string, number | undefined>();
    const entries = new Map<string, TaggedValue>();
    const scalars = new Set<unknown>();
    for (const pair of node.items.filter((item) => !isMerge(item))) {
      if (isScalar(pair.key) && scalars.size === scalars.add(pair.key.value).size)
        throw new BlueprintError('Map keys must be unique', { line: this.#lineOf(pair.key) });
      const key = String(isScalar(pair.key) ? (pair.key.source ?? pair.key.value) : this.#read(pair.key, depth + 1));
      lines.set(key, this.#lineOf(pair.key));
      entries.set(key, this.#read(pair.value, depth + 1));
    }
    const merged = node.items.filter(isMerge).flatMap((item) => this.#merged(item.value, depth));
    const map = Object.fromEntries([...merged, ...entries]);
    this.#lines.set(map, lines);
    return map;
  }

  /** Returns the entries that `<<` merges in. If several maps have the same key, the first map wins. */
  #merged(node: unknown, depth: number): [string, TaggedValue][] {
    const read = this.#read(node, depth + 1);
    const maps: readonly TaggedValue[] = Array.isArray(read) ? [...read].reverse() : [read];
    return maps.flatMap((map) => {
      if (!isPlainMap(map)) throw new BlueprintError('only maps can be merged', { line: this.#lineOf(node) });
      return Object.entries(map) as [string, TaggedValue][];
    });
  }

  #lineOf(node: unknown): number | undefined {
    const range = (node as Partial<Node> | null)?.range;
    return range ? this.#counter.linePos(range[0]).line : undefined;
  }
}

const isMerge = ({ key }: Pair) =>
  isScalar(key) && (key.value === '<<' || typeof key.value === 'symbol') && key.type === Scalar.PLAIN;

/**
 * The letters that YAML 1.1 reads as booleans. They stay texts, because PyYAML, for which blueprints are written, reads
 * them as texts.
 */
const LETTER = /^[yn]$/i;

/**
 * Matches the plain scalars that are numbers for PyYAML. The parser also reads others as numbers, such as `1e5` and
 * `0815`, which are strings for PyYAML. In addition, matches exponents with a sign but without a dot, such as `1e+30`,
 * as in JSON.
 */
const NUMBER =
  /^(?![-+]\.\d)[-+]?(?:0b[01_]+|0x[\da-f_]+|0[0-7_]*|[1-9][\d_]*(?::[0-5]?\d)*|\d[\d_]*(?::[0-5]?\d)+\.[\d_]*|(?:\d[\d_]*\.?|\.\d)[\d_]*e[-+]\d+|\d[\d_]*\.[\d_]*|\.\d[\d_]*|\.inf|\.nan)$/i;

function plainScalar({ value, source, tag }: Scalar, line: number | undefined): TaggedValue {
  if (typeof value === 'boolean' && source !== undefined && LETTER.test(source)) return source;
  if (['number', 'bigint'].includes(typeof value) && tag === undefined && !NUMBER.test(source ?? '0')) return source!;
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'bigint') return exactInteger(value);
  if (value === null || ['string', 'boolean'].includes(typeof value) || Number.isFinite(value))
    return value as TaggedValue;
  throw new BlueprintError('expected a string, a finite number, a boolean or a date', { line });
}

/** Returns an integer as a number, or as text if a number would round it, such as a long client id. */
function exactInteger(value: bigint): number | string {
  const [number, text] = [Number(value), String(value)];
  return String(number) === text ? number : text;
}
