import { Document, isScalar, Scalar, visit } from 'yaml';

/** A tag and its argument, to be written. */
export class YamlTag {
  constructor(
    readonly tag: string,
    readonly argument: string,
  ) {}
}

/** A value that can be written: JSON with tags anywhere in it. */
export type YamlValue = null | boolean | number | string | YamlTag | readonly YamlValue[] | YamlMap;
/** A map of such values. */
export interface YamlMap {
  readonly [key: string]: YamlValue;
}

/** `!Tag argument`. */
export const yamlTag = (tag: string, argument: string): YamlTag => new YamlTag(tag, argument);

/** Nothing that is written merges. */
const MERGE = 'tag:yaml.org,2002:merge';

/** The text of a blueprint; whoever reads it gets the same values. `comment` stands at its head. */
export function writeYaml(value: YamlMap, comment: string): string {
  // YAML 1.1, because that is what blueprints are read as: what it would take for something else is quoted.
  const document = new Document(value, (_, part: unknown) => (part instanceof YamlTag ? scalarOf(part) : part), {
    version: '1.1',
    customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || tag.tag !== MERGE),
    aliasDuplicateObjects: false,
  });
  visit(document, {
    Scalar: (_, node) => asBlock(node),
    Pair: (_, { key }) => asName(key),
  });
  document.commentBefore = comment;
  return document.toString({ lineWidth: 0 });
}

function scalarOf({ tag, argument }: YamlTag): Scalar {
  const scalar = new Scalar(argument);
  scalar.tag = tag;
  return scalar;
}

/** Several lines stay several lines, as long as they come back as they were. */
function asBlock(node: Scalar): void {
  const { value } = node;
  if (isScalar(node) && typeof value === 'string' && value.includes('\n') && !/[ \t]\n|\r|\t|^\s/.test(value)) {
    node.type = Scalar.BLOCK_LITERAL;
  }
}

/** A key that is called as merging is must not merge. */
function asName(key: unknown): void {
  if (isScalar(key) && key.value === '<<') key.type = Scalar.QUOTE_DOUBLE;
}
