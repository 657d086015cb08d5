import { BlueprintError, withLocation } from './blueprint-error.js';
import { enumerate, index, value } from './enumeration-tags.js';
import { choose, condition } from './logic-tags.js';
import { type TaggedValue, type TagResolver, UnresolvedTag } from './tagged-value.js';
import { context, env, find, format, keyOf } from './value-tags.js';

/** Reads a tag's argument, throwing BlueprintError when it has the wrong form, and says how to resolve it. */
type Tag = (argument: TaggedValue) => TagResolver;

/** Every tag, one line each (docs/spec/blueprints.md#tags). */
const tags: Readonly<Record<string, Tag>> = {
  '!KeyOf': keyOf,
  '!Env': env,
  '!Context': context,
  '!Format': format,
  '!Find': find,
  '!If': choose,
  '!Condition': condition,
  '!Enumerate': enumerate,
  '!Index': index,
  '!Value': value,
};

/** A tag as it stands on a line of a file. Throws BlueprintError for an unknown one, or one with a wrong argument. */
export function readTag(name: string, argument: TaggedValue, line: number | undefined): UnresolvedTag {
  try {
    const tag = Object.hasOwn(tags, name) ? tags[name] : undefined;
    if (!tag) throw new BlueprintError(`unknown tag ${name}`);
    return new UnresolvedTag(tag(argument), line);
  } catch (error) {
    throw withLocation(error, { line });
  }
}
