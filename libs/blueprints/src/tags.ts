import { BlueprintError, withLocation } from './blueprint-error.js';
import { enumerate, index, value } from './enumeration-tags.js';
import { choose, condition } from './logic-tags.js';
import { atIndex, findObject, parseJson } from './object-tags.js';
import { suggestion } from './suggestion.js';
import { type TaggedValue, type TagResolver, UnresolvedTag } from './tagged-value.js';
import { context, env, file, find, format, keyOf } from './value-tags.js';

/** Parses a tag's argument and returns its resolver. Throws BlueprintError for an invalid argument. */
type Tag = (argument: TaggedValue) => TagResolver;

/** All tags (docs/spec/blueprints.md#tags). */
const tags: Readonly<Record<string, Tag>> = {
  '!KeyOf': keyOf,
  '!Env': env,
  '!Context': context,
  '!Format': format,
  '!Find': find,
  '!FindObject': findObject,
  '!AtIndex': atIndex,
  '!ParseJSON': parseJson,
  '!File': file,
  '!If': choose,
  '!Condition': condition,
  '!Enumerate': enumerate,
  '!Index': index,
  '!Value': value,
};

/** The names of all tags. */
export const TAG_NAMES: readonly string[] = Object.keys(tags);

/** Parses a tag. Throws BlueprintError for an unknown tag or an invalid argument. */
export function readTag(name: string, argument: TaggedValue, line: number | undefined): UnresolvedTag {
  try {
    const tag = Object.hasOwn(tags, name) ? tags[name] : undefined;
    if (!tag) throw new BlueprintError(`unknown tag ${name}.${suggestion(name, TAG_NAMES, 'Tags')}`);
    return new UnresolvedTag(tag(argument), line);
  } catch (error) {
    throw withLocation(error, { line });
  }
}
