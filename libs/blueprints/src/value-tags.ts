import { BlueprintError } from './blueprint-error.js';
import { formatPercent } from './percent.js';
import { suggestion } from './suggestion.js';
import { list, named, scalar, searchOf } from './tag-argument.js';
import { resolve, resolveList, type TaggedValue, type TagResolver } from './tagged-value.js';

/** Parses `!KeyOf id`: the pk of an earlier entry. */
export function keyOf(argument: TaggedValue): TagResolver {
  const id = scalar('!KeyOf', argument);
  return async (scope) => scope.keyOf(id);
}

/** Parses `!Env NAME` or `!Env [NAME, default]`: an environment variable. An empty variable counts as unset. */
export function env(argument: TaggedValue): TagResolver {
  const { name, fallback } = named('!Env', argument);
  return async (scope) => {
    const value = Object.hasOwn(scope.env, name) ? scope.env[name] : undefined;
    if (!value && fallback === undefined) scope.unsetVariables.push(name);
    return value || resolve(fallback ?? null, scope);
  };
}

/** Parses `!Context key` or `!Context [key, default]`: a value of the context. */
export function context(argument: TaggedValue): TagResolver {
  const { name, fallback } = named('!Context', argument);
  return async (scope) => {
    if (!Object.hasOwn(scope.context, name)) {
      if (fallback === undefined) scope.unfound.push(unknownKey(name, Object.keys(scope.context)));
      return resolve(fallback ?? null, scope);
    }
    if (scope.resolvingKeys.has(name)) {
      const chain = [...scope.resolvingKeys, name].slice([...scope.resolvingKeys].indexOf(name)).join(' → ');
      throw new BlueprintError(`Context: \`${name}\` refers to itself: ${chain}`);
    }
    return resolve(scope.context[name] ?? null, { ...scope, resolvingKeys: new Set([...scope.resolvingKeys, name]) });
  };
}

const unknownKey = (name: string, keys: readonly string[]) =>
  `the context has no key ${name}.${suggestion(name, keys, 'Keys')}`;

/** Parses `!Format [format, value…]`, which formats the values like Python's `%` operator. */
export function format(argument: TaggedValue): TagResolver {
  const [template, ...values] = list('!Format', argument);
  if (template === undefined) throw new BlueprintError('!Format needs a format string');
  return async (scope) => formatPercent(String(await resolve(template, scope)), await resolveList(values, scope));
}

/** Parses `!Find [app.model, [field, value]…]`: the pk of the first object with these values, or null. */
export function find(argument: TaggedValue): TagResolver {
  const search = searchOf('!Find', argument);
  return async (scope, line) => {
    const { model, fields } = await search(scope);
    const { pk, unfound } = await scope.find(model, fields, line);
    if (unfound !== undefined) scope.unfound.push(unfound);
    return pk;
  };
}

const REFUSED =
  '!File is refused. Only commands and the first start read files, and only from the folder in BLUEPRINT_FILES';

/** Parses `!File path` or `!File [path, default]`: the text of a file in the folder `BLUEPRINT_FILES`. */
export function file(argument: TaggedValue): TagResolver {
  const { name, fallback } = named('!File', argument, 'path');
  return async (scope) => {
    if (!scope.readFile) throw new BlueprintError(REFUSED);
    const text = await scope.readFile(name);
    if (text !== undefined) return text;
    if (fallback !== undefined) return resolve(fallback, scope);
    throw new BlueprintError(`!File: there is no file ${name}`);
  };
}
