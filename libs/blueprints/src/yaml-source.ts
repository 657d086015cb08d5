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
  type YAMLParseError,
} from 'yaml';
import { BlueprintError } from './blueprint-error.js';
import { isMap as isPlainMap } from './json.js';
import { refuseNesting } from './nesting.js';
import type { TaggedMap, TaggedValue } from './tagged-value.js';
import { readTag } from './tags.js';

/** Maps, lists and tags inside each other. */
export const MAX_DEPTH = 64;
/** Where the parser is stopped: an exact count comes after it, and it needs some stack for each level. */
const PARSER_DEPTH = 4 * MAX_DEPTH;
/** Values of a file once its aliases are written out. */
export const MAX_VALUES = 200_000;

/** What a YAML or JSON text says, and on which lines. Throws BlueprintError with the line of what cannot be read. */
export class YamlSource {
  readonly value: TaggedValue;
  readonly #counter = new LineCounter();
  readonly #lines = new WeakMap<object, ReadonlyMap<string, number | undefined>>();
  readonly #document: Document;
  readonly #targets = new Map<Alias, Node | undefined>();
  #values = 0;

  constructor(text: string) {
    refuseNesting(text, PARSER_DEPTH);
    // YAML 1.1, because that is what blueprints are written for: `yes` is true, `<<` merges.
    this.#document = parseDocument(text, { version: '1.1', lineCounter: this.#counter });
    const [error] = this.#document.errors;
    if (error) throw unreadable(error);
    this.#aim();
    this.value = this.#read(this.#document.contents, 0);
  }

  /** The line of a key of a map that came out of this source. */
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

  /** Finds what each alias stands for, in one walk: the last anchor of its name before it. */
  #aim(): void {
    const anchors = new Map<string, Node>();
    visit(this.#document, (_, node) => {
      if (isAlias(node)) this.#targets.set(node, anchors.get(node.source));
      else if (isNode(node) && node.anchor) anchors.set(node.anchor, node);
    });
  }

  #target(alias: Alias): Node {
    const node = this.#targets.get(alias);
    if (!node) throw new BlueprintError(`nothing is called &${alias.source}`, { line: this.#lineOf(alias) });
    return node;
  }

  #plain(node: unknown, depth: number): TaggedValue {
    if (isMap(node)) return this.#map(node, depth);
    if (isSeq(node)) return node.items.map((item) => this.#read(item, depth + 1));
    if (isScalar(node)) return plainScalar(node, this.#lineOf(node));
    throw new BlueprintError('not a value', { line: this.#lineOf(node) });
  }

  #map(node: YAMLMap, depth: number): TaggedMap {
    const lines = new Map<string, number | undefined>();
    const entries = new Map<string, TaggedValue>();
    for (const pair of node.items.filter((item) => !isMerge(item))) {
      const key = String(isScalar(pair.key) ? (pair.key.source ?? pair.key.value) : this.#read(pair.key, depth + 1));
      lines.set(key, this.#lineOf(pair.key));
      entries.set(key, this.#read(pair.value, depth + 1));
    }
    const merged = node.items.filter(isMerge).flatMap((item) => this.#merged(item.value, depth));
    const map = Object.fromEntries([...merged, ...entries]);
    this.#lines.set(map, lines);
    return map;
  }

  /** The keys that `<<` brings: of one map, or of several, the first of which wins. */
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

function unreadable({ message, linePos }: YAMLParseError): BlueprintError {
  const [reason = message] = message.split(/ at line \d+, column \d+:|\n/);
  return new BlueprintError(reason, { line: linePos?.[0].line });
}

const isMerge = ({ key }: Pair) =>
  isScalar(key) && (key.value === '<<' || typeof key.value === 'symbol') && key.type === Scalar.PLAIN;

/** Single letters are no truth values to those who write blueprints, though YAML 1.1 has them so. */
const LETTER = /^[yn]$/i;

function plainScalar({ value, source }: Scalar, line: number | undefined): TaggedValue {
  if (typeof value === 'boolean' && source !== undefined && LETTER.test(source)) return source;
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'bigint') return Number(value);
  if (value === null || ['string', 'boolean'].includes(typeof value) || Number.isFinite(value))
    return value as TaggedValue;
  throw new BlueprintError('neither text, finite number, truth value nor date', { line });
}
