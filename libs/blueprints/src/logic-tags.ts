import { BlueprintError } from './blueprint-error.js';
import { equal, isTruthy, type Json } from './json.js';
import { suggestion } from './suggestion.js';
import { list, scalar } from './tag-argument.js';
import { resolve, resolveList, type TaggedValue, type TagResolver } from './tagged-value.js';

type Mode = (values: readonly Json[]) => boolean;

const every: Mode = (values) => values.every(isTruthy);
const some: Mode = (values) => values.some(isTruthy);
const odd: Mode = (values) => values.filter(isTruthy).length % 2 === 1;
const same: Mode = ([a, b]) => equal(a, b);
const not =
  (mode: Mode): Mode =>
  (values) =>
    !mode(values);

const modes: Readonly<Record<string, Mode>> = {
  AND: every,
  NAND: not(every),
  OR: some,
  NOR: not(some),
  XOR: odd,
  XNOR: not(odd),
  EQ: same,
  NEQ: not(same),
};
/** The modes that compare two values. */
const COMPARISONS = ['EQ', 'NEQ'];

/** Parses `!Condition [MODE, value…]`, which combines the truth values of the arguments by MODE, or compares two values. */
export function condition(argument: TaggedValue): TagResolver {
  const [word, ...values] = list('!Condition', argument);
  const name = scalar('!Condition', word, 'mode').toUpperCase();
  const mode = Object.hasOwn(modes, name) ? modes[name] : undefined;
  if (!mode)
    throw new BlueprintError(`!Condition has no mode ${name}.${suggestion(name, Object.keys(modes), 'Modes')}`);
  if (values.length === 0) throw new BlueprintError('At least one value is required after mode selection.');
  if (COMPARISONS.includes(name) && values.length !== 2)
    throw new BlueprintError(
      `!Condition ${name} compares two values; there ${values.length === 1 ? 'is' : 'are'} ${values.length}`,
    );
  return async (scope) => mode(await resolveList(values, { ...scope, unfound: [] }));
}

/**
 * Parses `!If [condition, a, b]`, which resolves only a if the condition is true, and otherwise only b. `!If
 * [condition]` is the truth value of the condition.
 */
export function choose(argument: TaggedValue): TagResolver {
  const [test = null, yes = true, no = false, ...rest] = list('!If', argument);
  const { length } = list('!If', argument);
  if (rest.length > 0 || length === 0 || length === 2) throw new BlueprintError('!If takes a condition and two values');
  return async (scope) => {
    // In a condition, an unset variable or a missing object is no error, because the condition may test for it.
    const truth = await resolve(test, { ...scope, unsetVariables: [], unfound: [] });
    return resolve(isTruthy(truth) ? yes : no, scope);
  };
}
