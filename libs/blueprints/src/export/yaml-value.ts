import { escapeInQuotes, UNPRINTABLE } from '@gatehouse/contracts';
import { Document, isScalar, Scalar, visit } from 'yaml';

/** A YAML tag with its argument. */
export class YamlTag {
  constructor(
    readonly tag: string,
    readonly argument: string,
  ) {}
}

/** A value that can be written as YAML: JSON that may contain tags. */
export type YamlValue = null | boolean | number | string | YamlTag | readonly YamlValue[] | YamlMap;
/** A map of YAML values. */
export interface YamlMap {
  readonly [key: string]: YamlValue;
}

/** Returns the YAML tag `!Tag argument`. */
export const yamlTag = (tag: string, argument: string): YamlTag => new YamlTag(tag, argument);

/** The tag of the YAML 1.1 merge key `<<`. Exports never emit merge keys. */
const MERGE = 'tag:yaml.org,2002:merge';

/**
 * Returns a value as YAML text, which parses to an equal value. The text begins with `comment` as a comment. Unprintable
 * characters are escaped, so the text can be printed on a terminal.
 */
export function writeYaml(value: YamlMap, comment: string): string {
  // Blueprints are parsed as YAML 1.1, so strings that YAML 1.1 reads as another type (such as `yes`) must be quoted.
  const document = new Document(value, (_, node: unknown) => (node instanceof YamlTag ? scalarOf(node) : node), {
    version: '1.1',
    customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || tag.tag !== MERGE),
    aliasDuplicateObjects: false,
  });
  visit(document, {
    Scalar: (_, node) => chooseStyle(node),
    Pair: (_, { key }) => quoteMergeKey(key),
  });
  document.commentBefore = comment;
  return escapeInQuotes(document.toString({ lineWidth: 0 }));
}

function scalarOf({ tag, argument }: YamlTag): Scalar {
  const scalar = new Scalar(argument);
  scalar.tag = tag;
  return scalar;
}

/**
 * Quotes a string with unprintable characters, so that they can be escaped. Writes another multi-line string as a block
 * literal, if parsing the block returns the same string.
 */
function chooseStyle(node: Scalar): void {
  const { value } = node;
  if (typeof value !== 'string') return;
  if (UNPRINTABLE.test(value.replaceAll('\n', ''))) node.type = Scalar.QUOTE_DOUBLE;
  else if (value.includes('\n') && !/[ \t]\n|\r|\t|^\s/.test(value)) {
    node.type = Scalar.BLOCK_LITERAL;
  }
}

/** Quotes a key named `<<`, which would be parsed as a merge key. */
function quoteMergeKey(key: unknown): void {
  if (isScalar(key) && key.value === '<<') key.type = Scalar.QUOTE_DOUBLE;
}
